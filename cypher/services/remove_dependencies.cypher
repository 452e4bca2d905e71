// purpose: Let services no longer depend on others.
// parameters: tenant, rows
// columns: removed
// mode: write
// (service)-[:DEPENDS_ON]->(target); a row is [service, target]
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row[0]})-[dependency:DEPENDS_ON]->(target:Service {tenant: $tenant, id: row[1]})
DELETE dependency
RETURN count(*) AS removed
