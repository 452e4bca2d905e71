// purpose: Projects and what they consist of, for a picture: applications, environments, providers, and who owns them.
// parameters: tenant, project_ids, application_ids
// columns: projects, environments, applications
// mode: read
// (team)-[:OWNS]->(project)-[:CONTAINS]->(application), (project)-[:HAS_ENVIRONMENT]->(environment)-[:TARGETS]->(provider)
// projects are [id, name, team id, team name], environments [id, name, project id, next's id, provider's id, provider's name],
// applications [id, name, project id].
CALL () {
  UNWIND $project_ids AS wanted
  MATCH (project:Project {tenant: $tenant, id: wanted})
  OPTIONAL MATCH (project)<-[:OWNS]-(team:Team {tenant: $tenant})
  WITH project, team ORDER BY project.id
  RETURN collect([project.id, project.name, team.id, team.name]) AS projects
}
CALL () {
  UNWIND $project_ids AS wanted
  MATCH (project:Project {tenant: $tenant, id: wanted})-[:HAS_ENVIRONMENT]->(environment:Environment {tenant: $tenant})
  OPTIONAL MATCH (environment)-[:PROMOTES_TO]->(next:Environment {tenant: $tenant})
  OPTIONAL MATCH (environment)-[:TARGETS]->(provider:Provider {tenant: $tenant})
  WITH project, environment, next, provider ORDER BY environment.id
  RETURN collect([environment.id, environment.name, project.id, next.id, provider.id, provider.name]) AS environments
}
CALL () {
  UNWIND $application_ids AS wanted
  MATCH (application:Application {tenant: $tenant, id: wanted})<-[:CONTAINS]-(project:Project {tenant: $tenant})
  WITH application, project ORDER BY application.id
  RETURN collect([application.id, application.name, project.id]) AS applications
}
RETURN projects, environments, applications
