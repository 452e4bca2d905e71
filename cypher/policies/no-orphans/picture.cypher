// purpose: Show what runs of an application in an environment, and of which service it is.
// parameters: tenant, application_id, environment_id
// columns: path
// mode: read
// (service)<-[:OF]-(deployment)-[:IN]->(environment)
MATCH (deployment:Deployment {tenant: $tenant, application_id: $application_id, environment_id: $environment_id})
CALL (deployment) {
  MATCH path = (deployment)-[:IN]->(:Environment {tenant: $tenant})
  RETURN path
  UNION
  MATCH path = (deployment)-[:OF]->(:Service {tenant: $tenant})
  RETURN path
}
RETURN path LIMIT 300
