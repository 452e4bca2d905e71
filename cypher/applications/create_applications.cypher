// purpose: Create applications in projects; a row whose project is missing returns nothing.
// parameters: tenant, rows
// columns: id
// mode: write
// (project)-[:CONTAINS]->(application)
UNWIND $rows AS row
MATCH (project:Project {tenant: $tenant, id: row.project_id})
CREATE (project)-[:CONTAINS]->(application:Application:Entity {tenant: $tenant, id: row.id, version: 1, created_at: datetime(), updated_at: datetime(), name: row.name, description: row.description})
RETURN application.id AS id
