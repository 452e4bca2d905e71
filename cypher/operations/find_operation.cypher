// purpose: Say whether an operation was committed.
// parameters: tenant, id
// columns: id, name
// mode: read
CYPHER replan=skip
MATCH (operation:Operation {tenant: $tenant, id: $id})
RETURN operation.id AS id, operation.name AS name
