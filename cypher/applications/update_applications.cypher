// purpose: Write new values into applications that the transaction has locked.
// parameters: tenant, rows
// columns: id, version
// mode: write
UNWIND $rows AS row
MATCH (application:Application {tenant: $tenant, id: row.id})
SET application.description = row.description, application.version = application.version + 1, application.updated_at = datetime()
RETURN application.id AS id, application.version AS version
