// purpose: Every dependency between services, as two lists of the same length.
// parameters: tenant
// columns: services, targets
// mode: read
// (service)-[:DEPENDS_ON]->(target)
MATCH (service:Service {tenant: $tenant})-[:DEPENDS_ON]->(target:Service {tenant: $tenant})
WHERE service.id IS NOT NULL
RETURN collect(service.id) AS services, collect(target.id) AS targets
