// purpose: Let locked services depend on others that they do not depend on yet; a target that is missing makes nothing.
// parameters: tenant, rows
// columns: made
// mode: write
// (service)-[:DEPENDS_ON {kind}]->(target); a row is [service, all its new needs as [target, kind]]
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row[0]})
UNWIND row[1] AS need
MATCH (target:Service {tenant: $tenant, id: need[0]})
CREATE (service)-[:DEPENDS_ON {kind: need[1]}]->(target)
RETURN collect([service.id, target.id]) AS made
