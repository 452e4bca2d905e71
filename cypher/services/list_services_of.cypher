// purpose: The ids of an application's services.
// parameters: tenant, application_id
// columns: id
// mode: read
// (application)-[:HAS_SERVICE]->(service)
MATCH (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
RETURN service.id AS id ORDER BY id
