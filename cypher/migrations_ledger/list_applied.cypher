// purpose: List the migrations that were applied.
// parameters: tenant
// columns: name, checksum
// mode: read
MATCH (migration:Migration {tenant: $tenant})
RETURN migration.id AS name, migration.checksum AS checksum ORDER BY name
