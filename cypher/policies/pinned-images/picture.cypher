// purpose: Show the services of an application whose image is not pinned.
// parameters: tenant, application_id, environment_id, stages
// columns: path
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
MATCH path = (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
WITH path, version, split(version.image, '/')[-1] AS last
WHERE NOT version.image CONTAINS '@sha256:' AND (NOT last CONTAINS ':' OR last ENDS WITH ':latest')
RETURN path LIMIT 100
