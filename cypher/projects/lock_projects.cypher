// purpose: Lock projects until the transaction ends and say what they are.
// parameters: tenant, ids, operation
// columns: id, version, description
// mode: write
UNWIND $ids AS wanted
MATCH (project:Project {tenant: $tenant, id: wanted})
SET project._lock = $operation
WITH project
REMOVE project._lock
RETURN project.id AS id, project.version AS version, project.description AS description
