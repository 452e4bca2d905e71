// purpose: What services depend on.
// parameters: tenant, ids
// columns: service_id, target_id, kind
// mode: read
// (service)-[:DEPENDS_ON]->(target)
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})-[dependency:DEPENDS_ON]->(target:Service {tenant: $tenant})
RETURN service.id AS service_id, target.id AS target_id, dependency.kind AS kind
ORDER BY service_id, target_id
