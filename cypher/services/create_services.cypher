// purpose: Create services in applications; a row whose application is missing returns nothing.
// parameters: tenant, rows
// columns: id
// mode: write
// (application)-[:HAS_SERVICE]->(service)
UNWIND $rows AS row
MATCH (application:Application {tenant: $tenant, id: row.application_id})
CREATE (application)-[:HAS_SERVICE]->(service:Service:Entity {tenant: $tenant, id: row.id, version: 1, created_at: datetime(), updated_at: datetime(), name: row.name, description: row.description, kind: 'Workload'})
RETURN service.id AS id
