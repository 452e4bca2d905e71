// purpose: One application as nodes and edges, for a picture, with what its services depend on and where they run.
// parameters: tenant, application_id, limit, edge_limit
// columns: nodes, edges
// mode: read
// (project)-[:CONTAINS]->(application)-[:HAS_SERVICE]->(service)-[:DEPENDS_ON]->(other), (service)<-[:OF]-(deployment)-[:IN]->(environment)
// A node is [id, label, name, status], an edge [from, to, type, kind]. No row: there is no such application.
MATCH (application:Application {tenant: $tenant, id: $application_id})
CALL (application) {
  RETURN application AS node
  UNION
  MATCH (application)<-[:CONTAINS]-(project:Project {tenant: $tenant})
  RETURN project AS node
  UNION
  MATCH (application)<-[:CONTAINS]-(:Project {tenant: $tenant})-[:HAS_ENVIRONMENT]->(environment:Environment {tenant: $tenant})
  RETURN environment AS node ORDER BY node.id LIMIT $limit
  UNION
  MATCH (application)-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
  RETURN service AS node ORDER BY node.id LIMIT $limit
  UNION
  MATCH (application)-[:HAS_SERVICE]->(:Service {tenant: $tenant})-[:DEPENDS_ON]-(other:Service {tenant: $tenant})
  WITH DISTINCT other
  RETURN other AS node ORDER BY node.id LIMIT $limit
  UNION
  MATCH (application)-[:HAS_SERVICE]->(:Service {tenant: $tenant})<-[:OF]-(deployment:Deployment {tenant: $tenant})
  RETURN deployment AS node ORDER BY node.id LIMIT $limit
}
WITH application, node LIMIT $limit
WITH application, collect(node) AS found
CALL (found) {
  UNWIND found AS source
  MATCH (source)-[edge:CONTAINS|HAS_ENVIRONMENT|PROMOTES_TO|HAS_SERVICE|DEPENDS_ON|OF|IN]->(target {tenant: $tenant})
  WITH source, edge, target ORDER BY source.id, type(edge), target.id LIMIT $edge_limit
  RETURN collect([source.id, target.id, type(edge), edge.kind]) AS edges
}
RETURN [node IN found | [node.id, head([label IN labels(node) WHERE label <> 'Entity']), node.name, node.status]] AS nodes, edges
