// purpose: What keeps a project from being deleted.
// parameters: tenant, id
// columns: id, label
// mode: read
// (project)-[:CONTAINS|HAS_ENVIRONMENT]->(part)
MATCH (project:Project {tenant: $tenant, id: $id})-[:CONTAINS|HAS_ENVIRONMENT]->(part:Application|Environment {tenant: $tenant})
RETURN part.id AS id, CASE WHEN part:Application THEN 'Application' ELSE 'Environment' END AS label
ORDER BY id LIMIT 100
