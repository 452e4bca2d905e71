// purpose: Show the services of an application that have no limits.
// parameters: tenant, application_id, environment_id, stages
// columns: path
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
MATCH path = (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
WHERE version.cpu_limit IS NULL OR version.memory_limit IS NULL
RETURN path LIMIT 100
