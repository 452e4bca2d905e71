// purpose: Create the records of some of a plan's steps for a run that repeats them; rows are pairs of a new id and a step's key.
// parameters: tenant, run_id, plan_id, repeated_id, rows
// columns: created
// mode: write
// They wait only for those steps that are repeated with them.
// (run)-[:REPEATS]->(repeated), (run)-[:HAS_STEP_RUN]->(record)-[:OF]->(step)-[:REQUIRES]->(required)
MATCH (run:Run {tenant: $tenant, id: $run_id})
MATCH (repeated:Run {tenant: $tenant, id: $repeated_id})
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
MERGE (run)-[:REPEATS]->(repeated)
WITH run, plan, [row IN $rows | row[1]] AS chosen
UNWIND $rows AS row
MATCH (plan)-[:HAS_STEP]->(step:PlanStep {tenant: $tenant})
WHERE step.key = row[1]
WITH run, step, row, COLLECT {
  MATCH (step)-[:REQUIRES]->(required:PlanStep {tenant: $tenant}) WHERE required.key IN chosen RETURN required.key AS key ORDER BY key
} AS required
CREATE (run)-[:HAS_STEP_RUN]->(record:StepRun {
  tenant: $tenant, id: row[0], version: 1, created_at: datetime(), updated_at: datetime(),
  run_id: $run_id, key: step.key, service_name: step.service_name, action: step.action, wave: step.wave,
  position: step.position, state: 'waiting', attempt: 0, fence: 0,
  waiting_for: CASE WHEN size(required) = 0 THEN ['worker:'] ELSE required END})
CREATE (record)-[:OF]->(step)
RETURN count(record) AS created
