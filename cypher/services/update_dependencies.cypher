// purpose: Change how hard locked services depend on others.
// parameters: tenant, rows
// columns: updated
// mode: write
// (service)-[:DEPENDS_ON {kind}]->(target); a row is [service, target, kind]
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row[0]})-[dependency:DEPENDS_ON]->(target:Service {tenant: $tenant, id: row[1]})
SET dependency.kind = row[2]
RETURN count(dependency) AS updated
