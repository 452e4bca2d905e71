// purpose: Say which provider environments are carried out by; a row whose provider is missing returns nothing.
// parameters: tenant, rows
// columns: id
// mode: write
// (environment)-[:TARGETS]->(provider)
UNWIND $rows AS row
MATCH (environment:Environment {tenant: $tenant, id: row.id})
MATCH (provider:Provider {tenant: $tenant, id: 'provider:' + row.provider})
OPTIONAL MATCH (environment)-[old:TARGETS]->(:Provider {tenant: $tenant})
DELETE old
CREATE (environment)-[:TARGETS]->(provider)
RETURN environment.id AS id
