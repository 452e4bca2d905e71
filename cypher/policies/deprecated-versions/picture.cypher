// purpose: Show the services of an application that desire a deprecated version.
// parameters: tenant, application_id, environment_id, stages
// columns: path
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
MATCH path = (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
WHERE version.deprecated
RETURN path LIMIT 100
