// purpose: What keeps an application from being deleted: what is deployed, and services elsewhere that depend on it.
// parameters: tenant, id
// columns: id, label
// mode: read
// (application)-[:HAS_SERVICE]->(service)<-[:DEPENDS_ON]-(user)
MATCH (application:Application {tenant: $tenant, id: $id})
CALL (application) {
  MATCH (deployment:Deployment {tenant: $tenant, application_id: $id})
  WHERE deployment.environment_id IS NOT NULL
  RETURN deployment.id AS id, 'Deployment' AS label
  UNION
  MATCH (application)-[:HAS_SERVICE]->(:Service {tenant: $tenant})<-[:DEPENDS_ON]-(user:Service {tenant: $tenant})
  WHERE NOT (application)-[:HAS_SERVICE]->(user)
  RETURN user.id AS id, 'Service' AS label
}
RETURN id, label ORDER BY id LIMIT 100
