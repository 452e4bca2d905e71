// purpose: The platform as nodes and edges, for a picture: projects, environments, applications, services, deployments.
// parameters: tenant, limit, edge_limit
// columns: nodes, edges
// mode: read
// (project)-[:CONTAINS]->(application)-[:HAS_SERVICE]->(service)<-[:OF]-(deployment)-[:IN]->(environment)
// A node is [id, label, name, status], an edge [from, to, type, kind]. One more than the limit says that there are more.
CALL () {
  MATCH (project:Project {tenant: $tenant}) WHERE project.id IS NOT NULL
  RETURN project AS node ORDER BY node.tenant, node.id LIMIT $limit
  UNION ALL
  MATCH (environment:Environment {tenant: $tenant}) WHERE environment.id IS NOT NULL
  RETURN environment AS node ORDER BY node.tenant, node.id LIMIT $limit
  UNION ALL
  MATCH (application:Application {tenant: $tenant}) WHERE application.id IS NOT NULL
  RETURN application AS node ORDER BY node.tenant, node.id LIMIT $limit
  UNION ALL
  MATCH (service:Service {tenant: $tenant}) WHERE service.id IS NOT NULL
  RETURN service AS node ORDER BY node.tenant, node.id LIMIT $limit
  UNION ALL
  MATCH (deployment:Deployment {tenant: $tenant}) WHERE deployment.id IS NOT NULL
  RETURN deployment AS node ORDER BY node.tenant, node.id LIMIT $limit
}
WITH node LIMIT $limit
WITH collect(node) AS found
CALL (found) {
  UNWIND found AS source
  MATCH (source)-[edge:CONTAINS|HAS_ENVIRONMENT|PROMOTES_TO|HAS_SERVICE|DEPENDS_ON|OF|IN]->(target {tenant: $tenant})
  WITH source, edge, target ORDER BY source.id, type(edge), target.id LIMIT $edge_limit
  RETURN collect([source.id, target.id, type(edge), edge.kind]) AS edges
}
RETURN [node IN found | [node.id, head([label IN labels(node) WHERE label <> 'Entity']), node.name, node.status]] AS nodes, edges
