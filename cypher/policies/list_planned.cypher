// purpose: What an application would run in an environment, as [service, version, whether that changes, exposure].
// parameters: tenant, application_id, environment_id
// columns: planned
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version), and whether (service)<-[:OF]-(deployment)-[:RUNS]->(version)
OPTIONAL MATCH (application:Application {tenant: $tenant, id: $application_id})
OPTIONAL MATCH (application)-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
WITH service, version ORDER BY service.id
RETURN [one IN collect([service.id, version.id, NOT EXISTS {
    MATCH (service)<-[:OF]-(:Deployment {tenant: $tenant, environment_id: $environment_id, status: 'succeeded'})-[:RUNS]->(version)
  }, service.exposure]) WHERE one[0] IS NOT NULL] AS planned
