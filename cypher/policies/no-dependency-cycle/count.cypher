// purpose: How many dependencies there are.
// parameters: tenant
// columns: total
// mode: read
// (service)-[:DEPENDS_ON]->(target)
MATCH (service:Service {tenant: $tenant})-[dependency:DEPENDS_ON]->(:Service {tenant: $tenant})
WHERE service.id IS NOT NULL
RETURN count(dependency) AS total
