// purpose: Take a migration out of the ledger after it was taken back.
// parameters: tenant, id
// columns: name
// mode: write
MATCH (migration:Migration {tenant: $tenant, id: $id})
WITH migration, migration.name AS name
DELETE migration
RETURN name
