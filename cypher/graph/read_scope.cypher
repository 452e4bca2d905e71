// purpose: What a node stands for in a picture: the services of it, and the environment or service it is confined to.
// parameters: tenant, id, limit
// columns: label, name, project_ids, application_ids, environment_ids, service_ids
// mode: read
// (team)-[:OWNS]->(project)-[:CONTAINS]->(application)-[:HAS_SERVICE]->(service)-[:HAS_VERSION]->(version)
// environment_ids is empty where all environments matter. No row: there is no such node.
MATCH (scope:Entity {tenant: $tenant, id: $id})
CALL (scope) {
  CALL (scope) {
    WITH scope WHERE scope:Project RETURN scope AS project
    UNION MATCH (scope)-[:OWNS]->(project:Project {tenant: $tenant}) RETURN project
    UNION MATCH (scope)<-[:HAS_ENVIRONMENT]-(project:Project {tenant: $tenant}) RETURN project
    UNION MATCH (scope)<-[:TARGETS]-(:Environment {tenant: $tenant})<-[:HAS_ENVIRONMENT]-(project:Project {tenant: $tenant}) RETURN project
  }
  RETURN collect(project) AS projects
}
CALL (scope, projects) {
  CALL (scope, projects) {
    UNWIND projects AS project
    MATCH (project)-[:CONTAINS]->(application:Application {tenant: $tenant}) RETURN application
    UNION
    WITH scope WHERE scope:Application RETURN scope AS application
    UNION MATCH (scope)-[:FOR]->(application:Application {tenant: $tenant}) RETURN application
    UNION MATCH (scope)-[:EXECUTES]->(:Plan {tenant: $tenant})-[:FOR]->(application:Application {tenant: $tenant}) RETURN application
  }
  RETURN collect(application) AS applications
}
CALL (scope, applications) {
  CALL (scope, applications) {
    UNWIND applications AS application
    MATCH (application)-[:HAS_SERVICE]->(service:Service {tenant: $tenant}) RETURN service.id AS id
    UNION
    WITH scope WHERE scope:Service RETURN scope.id AS id
    UNION MATCH (scope)<-[:HAS_VERSION]-(service:Service {tenant: $tenant}) RETURN service.id AS id
    UNION WITH scope WHERE scope:Deployment RETURN scope.service_id AS id
  }
  WITH id ORDER BY id LIMIT $limit
  RETURN collect(id) AS service_ids
}
CALL (scope) {
  CALL (scope) {
    WITH scope WHERE scope:Environment RETURN scope.id AS id
    UNION MATCH (scope)<-[:TARGETS]-(environment:Environment {tenant: $tenant}) RETURN environment.id AS id
    UNION MATCH (scope)-[:IN]->(environment:Environment {tenant: $tenant}) RETURN environment.id AS id
    UNION MATCH (scope)-[:EXECUTES]->(:Plan {tenant: $tenant})-[:IN]->(environment:Environment {tenant: $tenant}) RETURN environment.id AS id
  }
  WITH id ORDER BY id
  RETURN collect(id) AS environment_ids
}
RETURN head([label IN labels(scope) WHERE label <> 'Entity']) AS label, scope.name AS name,
  [each IN projects | each.id] AS project_ids, [each IN applications | each.id] AS application_ids, environment_ids, service_ids
