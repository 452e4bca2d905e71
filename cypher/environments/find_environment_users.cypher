// purpose: What keeps an environment from being deleted.
// parameters: tenant, id
// columns: id, label
// mode: read
// (deployment)-[:IN]->(environment)<-[:PROMOTES_TO]-(earlier)
MATCH (environment:Environment {tenant: $tenant, id: $id})
CALL (environment) {
  MATCH (environment)<-[:IN]-(deployment:Deployment {tenant: $tenant})
  RETURN deployment.id AS id, 'Deployment' AS label
  UNION
  MATCH (environment)<-[:PROMOTES_TO]-(earlier:Environment {tenant: $tenant})
  RETURN earlier.id AS id, 'Environment' AS label
}
RETURN id, label ORDER BY id LIMIT 100
