// purpose: Let an environment be compared with what its targets say as soon as a worker can.
// parameters: tenant, id, asked_for
// columns: id, version
// mode: write
MATCH (environment:Environment {tenant: $tenant, id: $id})
SET environment._observe_for = $asked_for
RETURN environment.id AS id, environment.version AS version
