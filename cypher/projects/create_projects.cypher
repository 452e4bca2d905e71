// purpose: Create projects, owned by a team.
// parameters: tenant, rows, team_id
// columns: id
// mode: write
// (team)-[:OWNS]->(project)
MATCH (team:Team {tenant: $tenant, id: $team_id})
UNWIND $rows AS row
CREATE (team)-[:OWNS]->(project:Project:Entity {tenant: $tenant, id: row.id, version: 1, created_at: datetime(), updated_at: datetime(), name: row.name, description: row.description})
RETURN project.id AS id
