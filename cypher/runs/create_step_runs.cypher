// purpose: Create the records of a run's steps for a stretch of the plan's positions, with the ids given in that order.
// parameters: tenant, run_id, plan_id, first, ids
// columns: created
// mode: write
// (run)-[:HAS_STEP_RUN]->(record)-[:OF]->(step)-[:REQUIRES]->(required)
MATCH (run:Run {tenant: $tenant, id: $run_id})
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})-[:HAS_STEP]->(step:PlanStep {tenant: $tenant})
WHERE $first <= step.position < $first + size($ids)
WITH run, step, COLLECT { MATCH (step)-[:REQUIRES]->(required:PlanStep {tenant: $tenant}) RETURN required.key AS key ORDER BY key } AS required
CREATE (run)-[:HAS_STEP_RUN]->(record:StepRun {
  tenant: $tenant, id: $ids[step.position - $first], version: 1, created_at: datetime(), updated_at: datetime(),
  run_id: $run_id, key: step.key, service_name: step.service_name, action: step.action, wave: step.wave,
  position: step.position, state: 'waiting', attempt: 0, fence: 0,
  waiting_for: CASE WHEN size(required) = 0 THEN ['worker:'] ELSE required END})
CREATE (record)-[:OF]->(step)
RETURN count(record) AS created
