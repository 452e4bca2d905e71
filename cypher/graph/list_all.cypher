// purpose: The ids of everything a picture of the whole platform begins with, each kind up to the limit.
// parameters: tenant, limit
// columns: project_ids, application_ids, service_ids
// mode: read
CALL () {
  MATCH (project:Project {tenant: $tenant}) WHERE project.id IS NOT NULL
  WITH project ORDER BY project.tenant, project.id LIMIT $limit
  RETURN collect(project.id) AS project_ids
}
CALL () {
  MATCH (application:Application {tenant: $tenant}) WHERE application.id IS NOT NULL
  WITH application ORDER BY application.tenant, application.id LIMIT $limit
  RETURN collect(application.id) AS application_ids
}
CALL () {
  MATCH (service:Service {tenant: $tenant}) WHERE service.id IS NOT NULL
  WITH service ORDER BY service.tenant, service.id LIMIT $limit
  RETURN collect(service.id) AS service_ids
}
RETURN project_ids, application_ids, service_ids
