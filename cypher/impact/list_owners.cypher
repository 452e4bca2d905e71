// purpose: The teams that own projects.
// parameters: tenant, ids
// columns: project_id, team_id, team_name
// mode: read
// (team)-[:OWNS]->(project)
UNWIND $ids AS wanted
MATCH (project:Project {tenant: $tenant, id: wanted})<-[:OWNS]-(team:Team {tenant: $tenant})
RETURN project.id AS project_id, team.id AS team_id, team.name AS team_name
