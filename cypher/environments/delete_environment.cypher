// purpose: Delete an environment in which nothing runs.
// parameters: tenant, id
// columns: id
// mode: write
MATCH (environment:Environment {tenant: $tenant, id: $id})
WITH environment, environment.id AS id
DETACH DELETE environment
RETURN id
