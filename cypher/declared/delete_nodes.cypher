// purpose: Delete nodes with their edges.
// parameters: tenant, ids
// columns: deleted
// mode: write
UNWIND $ids AS wanted
MATCH (node:Entity {tenant: $tenant, id: wanted})
DETACH DELETE node
RETURN count(*) AS deleted
