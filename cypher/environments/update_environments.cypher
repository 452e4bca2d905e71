// purpose: Write new values into environments that the transaction has locked.
// parameters: tenant, rows
// columns: id, version
// mode: write
UNWIND $rows AS row
MATCH (environment:Environment {tenant: $tenant, id: row.id})
SET environment.description = row.description, environment.stage = row.stage, environment.namespace = row.namespace, environment.version = environment.version + 1, environment.updated_at = datetime()
RETURN environment.id AS id, environment.version AS version
