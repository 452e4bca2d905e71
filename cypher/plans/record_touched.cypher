// purpose: Say which services of other applications a plan affects.
// parameters: tenant, plan_id, ids
// columns: recorded
// mode: write
// (plan)-[:AFFECTS]->(service)
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})
CREATE (plan)-[:AFFECTS]->(service)
RETURN count(*) AS recorded
