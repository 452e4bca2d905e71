// purpose: Find a plan and lock its application, so that runs of one application are created one after the other.
// parameters: tenant, plan_id, operation
// columns: application_id, environment_id, state, acting, reads, provider, present, version, digest, approval,
//   approval_reasons, created_by
// mode: write
// (plan)-[:FOR]->(application)
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
OPTIONAL MATCH (plan)-[:FOR]->(application:Application {tenant: $tenant})
SET application._lock = $operation
WITH plan, application
REMOVE application._lock
RETURN plan.application_id AS application_id, plan.environment_id AS environment_id, plan.state AS state,
  plan.acting AS acting, plan.reads AS reads, plan.provider AS provider, application IS NOT NULL AS present, plan.version AS version,
  plan.digest AS digest, coalesce(plan.approval, 'none') AS approval, plan.approval_reasons AS approval_reasons,
  plan.created_by AS created_by
