// purpose: How many services there are in environments of their projects: one for each service and environment.
// parameters: tenant, application_id, environment_id
// columns: total
// mode: read
// (project)-[:CONTAINS]->(application)-[:HAS_SERVICE]->(service), (project)-[:HAS_ENVIRONMENT]->(environment)
// An application or environment that is null does not matter.
MATCH (project:Project {tenant: $tenant})
WHERE project.id > ''
WITH project, COUNT {
  MATCH (project)-[:CONTAINS]->(application:Application {tenant: $tenant})-[:HAS_SERVICE]->(:Service {tenant: $tenant})
  WHERE $application_id IS NULL OR application.id = $application_id
} AS services, COUNT {
  MATCH (project)-[:HAS_ENVIRONMENT]->(environment:Environment {tenant: $tenant})
  WHERE $environment_id IS NULL OR environment.id = $environment_id
} AS environments
RETURN sum(services * environments) AS total
