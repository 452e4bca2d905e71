// purpose: Projects as their manifests say them, by id within a range.
// parameters: tenant, start, until, limit
// columns: id, name, description
// mode: read
MATCH (project:Project {tenant: $tenant})
WHERE project.id >= $start AND project.id < $until
RETURN project.id AS id, project.name AS name, project.description AS description
ORDER BY id LIMIT $limit
