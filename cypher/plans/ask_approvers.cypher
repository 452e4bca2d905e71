// purpose: Say who may agree to a plan.
// parameters: tenant, plan_id, ids
// columns: asked
// mode: write
// (user)-[:MAY_APPROVE]->(plan)
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
UNWIND $ids AS wanted
MATCH (user:User {tenant: $tenant, id: wanted})
CREATE (user)-[:MAY_APPROVE]->(plan)
RETURN count(*) AS asked
