// purpose: Show who owns an application's project.
// parameters: tenant, application_id
// columns: path
// mode: read
// (user)-[:MEMBER_OF]->(team)-[:OWNS]->(project)-[:CONTAINS]->(application)
MATCH (application:Application {tenant: $tenant, id: $application_id})
CALL (application) {
  MATCH path = (application)<-[:CONTAINS]-(:Project {tenant: $tenant})
  RETURN path
  UNION
  MATCH path = (application)<-[:CONTAINS]-(:Project {tenant: $tenant})<-[:OWNS]-(:Team {tenant: $tenant})
  RETURN path
}
RETURN path LIMIT 100
