// purpose: Let services depend on others, or change the kind of dependency; a row whose end is missing returns nothing.
// parameters: tenant, rows
// columns: service_id, target_id
// mode: write
// (service)-[:DEPENDS_ON {kind}]->(target)
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row.service_id})
MATCH (target:Service {tenant: $tenant, id: row.target_id})
MERGE (service)-[dependency:DEPENDS_ON]->(target)
SET dependency.kind = row.kind
RETURN service.id AS service_id, target.id AS target_id
