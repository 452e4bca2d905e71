// purpose: What the newest plan of each application in each environment would do, or one plan, for a picture.
// parameters: tenant, application_ids, environment_ids, plan_id
// columns: steps
// mode: read
// (plan)-[:HAS_STEP]->(step)
// An entry is [key, service id, service name, application id, environment id, version id, action, ids of what it depends on].
UNWIND $application_ids AS application_id
UNWIND $environment_ids AS environment_id
CALL (application_id, environment_id) {
  MATCH (plan:Plan {tenant: $tenant, application_id: application_id, environment_id: environment_id})
  WHERE $plan_id IS NULL OR plan.id = $plan_id
  RETURN plan ORDER BY plan.id DESC LIMIT 1
}
WITH plan AS newest
MATCH (newest)-[:HAS_STEP]->(step:PlanStep {tenant: $tenant})
WITH newest, step ORDER BY step.key
RETURN collect([step.key, step.service_id, step.service_name, newest.application_id, newest.environment_id, step.version_id,
  step.action, step.depends_on]) AS steps
