// purpose: Which version of each service runs in each of its project's environments, also where none does yet.
// parameters: tenant, application_id, environment_id, after_service, after_environment, limit
// columns: service_id, service_name, application_id, environment_id, environment_name, status, message, version_id,
//   version_name, image, desired_version_id, run_id, deployed_at
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(desired), (service)<-[:OF]-(deployment)-[:RUNS]->(version), (deployment)-[:IN]->(environment)
// An application or environment that is null does not matter.
MATCH (service:Service {tenant: $tenant})
WHERE service.id >= $after_service
  AND ($application_id IS NULL OR service.id STARTS WITH $application_id + '/')
MATCH (service)<-[:HAS_SERVICE]-(application:Application {tenant: $tenant})<-[:CONTAINS]-(project:Project {tenant: $tenant})
WHERE $application_id IS NULL OR application.id = $application_id
MATCH (project)-[:HAS_ENVIRONMENT]->(environment:Environment {tenant: $tenant})
WHERE ($environment_id IS NULL OR environment.id = $environment_id)
  AND (service.id > $after_service OR environment.id > $after_environment)
WITH service, application, environment ORDER BY service.id, environment.id LIMIT $limit
OPTIONAL MATCH (service)<-[:OF]-(deployment:Deployment {tenant: $tenant, environment_id: environment.id})
OPTIONAL MATCH (deployment)-[:RUNS]->(version:ServiceVersion {tenant: $tenant})
OPTIONAL MATCH (service)-[:DESIRES]->(desired:ServiceVersion {tenant: $tenant})
RETURN service.id AS service_id, service.name AS service_name, application.id AS application_id,
  environment.id AS environment_id, environment.name AS environment_name, deployment.status AS status,
  deployment.message AS message, deployment.version_id AS version_id, version.name AS version_name,
  version.image AS image, desired.id AS desired_version_id, deployment.run_id AS run_id,
  toString(deployment.deployed_at) AS deployed_at
ORDER BY service_id, environment_id
