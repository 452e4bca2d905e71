// purpose: What is recorded as deployed, for a picture: of services, and of applications whose services are gone.
// parameters: tenant, ids, application_ids, limit
// columns: deployments
// mode: read
// (deployment)-[:OF]->(service)
// An entry is [id, service id, name, application id, environment id, version id, status, ids of what it depends on].
CALL () {
  UNWIND $ids AS wanted
  MATCH (:Service {tenant: $tenant, id: wanted})<-[:OF]-(deployment:Deployment {tenant: $tenant})
  RETURN deployment
  UNION
  UNWIND $application_ids AS wanted
  MATCH (deployment:Deployment {tenant: $tenant, application_id: wanted})
  WHERE deployment.environment_id IS NOT NULL AND NOT EXISTS { (deployment)-[:OF]->(:Service {tenant: $tenant}) }
  RETURN deployment
}
WITH deployment ORDER BY deployment.id LIMIT $limit
RETURN collect([deployment.id, deployment.service_id, deployment.name, deployment.application_id,
  deployment.environment_id, deployment.version_id, deployment.status, deployment.depends_on]) AS deployments
