// purpose: Show what directly needs the services of an application.
// parameters: tenant, application_id
// columns: path
// mode: read
// (user)-[:DEPENDS_ON]->(service)
MATCH (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
MATCH path = (service)<-[:DEPENDS_ON]-(:Service {tenant: $tenant})
RETURN path LIMIT 300
