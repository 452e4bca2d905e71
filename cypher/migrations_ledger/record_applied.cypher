// purpose: Write into the ledger that a migration was applied.
// parameters: tenant, id, checksum
// columns: name
// mode: write
MERGE (migration:Migration {tenant: $tenant, id: $id})
ON CREATE SET migration.name = $id, migration.checksum = $checksum, migration.version = 1, migration.created_at = datetime(), migration.updated_at = datetime(), migration.applied_at = datetime()
RETURN migration.name AS name
