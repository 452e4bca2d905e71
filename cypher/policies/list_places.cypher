// purpose: Where something is recorded as running, as [application, environment], of one project or of all.
// parameters: tenant, project_id, after_environment, after_application, limit
// columns: known, places
// mode: read
// (project)-[:HAS_ENVIRONMENT]->(environment)<-[:IN]-(deployment)
OPTIONAL MATCH (project:Project {tenant: $tenant, id: $project_id})
CALL () {
  MATCH (deployment:Deployment {tenant: $tenant})
  WHERE deployment.id > '' AND ($project_id IS NULL OR deployment.environment_id STARTS WITH $project_id + '@')
  WITH DISTINCT deployment.application_id AS application_id, deployment.environment_id AS environment_id
  WHERE $after_environment IS NULL OR environment_id > $after_environment
    OR (environment_id = $after_environment AND application_id > $after_application)
  WITH application_id, environment_id
  ORDER BY environment_id, application_id LIMIT $limit
  RETURN collect([application_id, environment_id]) AS places
}
RETURN project IS NOT NULL AS known, places
