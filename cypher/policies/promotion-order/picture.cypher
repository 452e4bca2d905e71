// purpose: Show what an application desires, and what runs of it in the environments before.
// parameters: tenant, application_id, environment_id
// columns: path
// mode: read
// (service)-[:DESIRES]->(version), (version)<-[:RUNS]-(deployment)-[:IN]->(earlier)-[:PROMOTES_TO]->(environment)
MATCH (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
CALL (service) {
  MATCH path = (service)-[:DESIRES]->(:ServiceVersion {tenant: $tenant})
  RETURN path
  UNION
  MATCH path = (service)<-[:OF]-(:Deployment {tenant: $tenant})-[:IN]->(:Environment {tenant: $tenant})-[:PROMOTES_TO]->(:Environment {tenant: $tenant, id: $environment_id})
  RETURN path
}
RETURN path LIMIT 300
