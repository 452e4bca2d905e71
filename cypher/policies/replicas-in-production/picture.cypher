// purpose: Show the services of an application that run too few times.
// parameters: tenant, application_id, environment_id, least, stages
// columns: path
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
MATCH path = (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
WHERE version.replicas < $least
RETURN path LIMIT 100
