// purpose: Say which environment follows another; without a follower the edge is removed, a missing follower returns nothing.
// parameters: tenant, rows
// columns: id
// mode: write
// (environment)-[:PROMOTES_TO]->(next)
UNWIND $rows AS row
MATCH (environment:Environment {tenant: $tenant, id: row.id})
OPTIONAL MATCH (environment)-[old:PROMOTES_TO]->(:Environment {tenant: $tenant})
DELETE old
WITH DISTINCT row, environment
OPTIONAL MATCH (next:Environment {tenant: $tenant, id: row.promotes_to})
FOREACH (found IN CASE WHEN next IS NULL THEN [] ELSE [next] END | CREATE (environment)-[:PROMOTES_TO]->(found))
WITH row, environment, next
WHERE row.promotes_to IS NULL OR next IS NOT NULL
RETURN environment.id AS id
