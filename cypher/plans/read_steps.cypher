// purpose: A plan with all its steps, to compare it with another.
// parameters: tenant, id
// columns: digest, steps
// mode: read
// (plan)-[:HAS_STEP]->(step)
// A step is [key, service name, action, wave, provider, version id, policy, reason, waiting on, before, after, sensitive, unknown].
MATCH (plan:Plan {tenant: $tenant, id: $id})
CALL (plan) {
  MATCH (plan)-[:HAS_STEP]->(step:PlanStep {tenant: $tenant})
  WITH step ORDER BY step.position
  RETURN collect([step.key, step.service_name, step.action, step.wave, step.provider, step.version_id, step.policy,
    step.reason, step.waiting_on, step.before, step.after, step.sensitive, step.unknown]) AS steps
}
RETURN plan.digest AS digest, steps
