// purpose: Say which nodes a plan was computed from, at which version.
// parameters: tenant, plan_id, rows
// columns: recorded
// mode: write
// (plan)-[:READ {version}]->(node)
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
UNWIND $rows AS row
MATCH (node:Entity {tenant: $tenant, id: row[0]})
CREATE (plan)-[:READ {version: row[1]}]->(node)
RETURN count(*) AS recorded
