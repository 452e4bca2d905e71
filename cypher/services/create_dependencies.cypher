// purpose: Let locked services depend on others that they do not depend on yet; a row whose target is missing makes nothing.
// parameters: tenant, rows
// columns: made
// mode: write
// (service)-[:DEPENDS_ON {kind}]->(target); a row is [service, target, kind]
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row[0]})
MATCH (target:Service {tenant: $tenant, id: row[1]})
CREATE (service)-[:DEPENDS_ON {kind: row[2]}]->(target)
RETURN collect([service.id, target.id]) AS made
