// purpose: Leave the id of an operation in the transaction that carries it out, so that its commit can be looked up.
// parameters: tenant, id, name
// columns: id
// mode: write
CYPHER replan=skip
CREATE (operation:Operation {tenant: $tenant, id: $id, name: $name, version: 1, created_at: datetime(), updated_at: datetime()})
RETURN operation.id AS id
