// purpose: Delete a project that nothing is part of any more.
// parameters: tenant, id
// columns: id
// mode: write
MATCH (project:Project {tenant: $tenant, id: $id})
WITH project, project.id AS id
DETACH DELETE project
RETURN id
