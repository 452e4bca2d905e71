// purpose: Delete an application with its services and their versions.
// parameters: tenant, id
// columns: id
// mode: write
// (application)-[:HAS_SERVICE]->(service)-[:HAS_VERSION]->(version)
MATCH (application:Application {tenant: $tenant, id: $id})
OPTIONAL MATCH (application)-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
OPTIONAL MATCH (service)-[:HAS_VERSION]->(version:ServiceVersion {tenant: $tenant})
WITH application, application.id AS id, collect(DISTINCT service) AS services, collect(version) AS versions
FOREACH (version IN versions | DETACH DELETE version)
FOREACH (service IN services | DETACH DELETE service)
DETACH DELETE application
RETURN id
