// purpose: What keeps a service version from being deleted: deployments that run it, a service that desires it.
// parameters: tenant, id
// columns: id, label
// mode: read
// (deployment)-[:RUNS]->(version)<-[:DESIRES]-(service)
MATCH (version:ServiceVersion {tenant: $tenant, id: $id})
CALL (version) {
  MATCH (version)<-[:RUNS]-(deployment:Deployment {tenant: $tenant})
  RETURN deployment.id AS id, 'Deployment' AS label
  UNION
  MATCH (version)<-[:DESIRES]-(service:Service {tenant: $tenant})
  RETURN service.id AS id, 'Service' AS label
}
RETURN id, label ORDER BY id LIMIT 100
