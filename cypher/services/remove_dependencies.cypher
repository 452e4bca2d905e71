// purpose: Let services no longer depend on others.
// parameters: tenant, rows
// columns: service_id, target_id
// mode: write
// (service)-[:DEPENDS_ON]->(target)
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row.service_id})-[dependency:DEPENDS_ON]->(target:Service {tenant: $tenant, id: row.target_id})
DELETE dependency
RETURN service.id AS service_id, target.id AS target_id
