// purpose: What is recorded as running of an application in an environment, as [service, version, true, exposure].
// parameters: tenant, application_id, environment_id
// columns: planned
// mode: read
// (service)<-[:OF]-(deployment)-[:RUNS]->(version)
MATCH (deployment:Deployment {tenant: $tenant, application_id: $application_id, environment_id: $environment_id})-[:OF]->(service:Service {tenant: $tenant})
MATCH (deployment)-[:RUNS]->(version:ServiceVersion {tenant: $tenant})
WITH service, version ORDER BY service.id
RETURN collect([service.id, version.id, true, service.exposure]) AS planned
