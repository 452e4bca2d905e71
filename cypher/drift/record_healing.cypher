// purpose: Write how healing drifted deployments went: how often it was tried, when it is tried next, and the plan that waits.
// parameters: tenant, ids, heals, after_ms, plan_id
// columns: recorded
// mode: write
UNWIND $ids AS id
MATCH (deployment:Deployment {tenant: $tenant, id: id})
SET deployment._heals = $heals, deployment._heal_after_ms = $after_ms, deployment._heal_plan_id = $plan_id
RETURN count(deployment) AS recorded
