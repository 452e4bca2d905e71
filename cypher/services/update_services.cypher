// purpose: Write new values into services that the transaction has locked.
// parameters: tenant, rows
// columns: id, version
// mode: write
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row.id})
SET service.description = row.description, service.version = service.version + 1, service.updated_at = datetime()
RETURN service.id AS id, service.version AS version
