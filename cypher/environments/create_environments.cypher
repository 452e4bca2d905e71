// purpose: Create environments of projects; a row whose project is missing returns nothing.
// parameters: tenant, rows
// columns: id
// mode: write
// (project)-[:HAS_ENVIRONMENT]->(environment)
UNWIND $rows AS row
MATCH (project:Project {tenant: $tenant, id: row.project_id})
CREATE (project)-[:HAS_ENVIRONMENT]->(environment:Environment:Entity {tenant: $tenant, id: row.id, version: 1, created_at: datetime(), updated_at: datetime(), name: row.name,
  description: row.description, stage: row.stage, namespace: row.namespace})
RETURN environment.id AS id
