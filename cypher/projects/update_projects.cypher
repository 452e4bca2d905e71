// purpose: Write new values into projects that the transaction has locked.
// parameters: tenant, rows
// columns: id, version
// mode: write
UNWIND $rows AS row
MATCH (project:Project {tenant: $tenant, id: row.id})
SET project.description = row.description, project.version = project.version + 1, project.updated_at = datetime()
RETURN project.id AS id, project.version AS version
