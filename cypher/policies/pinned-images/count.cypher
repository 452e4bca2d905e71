// purpose: How many services an application has.
// parameters: tenant, application_id, environment_id
// columns: total
// mode: read
// (application)-[:HAS_SERVICE]->(service)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
MATCH (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
WHERE environment.stage = 'production'
RETURN count(service) AS total
