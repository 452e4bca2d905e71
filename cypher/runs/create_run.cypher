// purpose: Create a run of a plan; one that is over at once has its end already.
// parameters: tenant, id, plan_id, application_id, environment_id, provider, state, on_failure, created_by, correlation_id,
//   total, error, waiting_for, confirm_after, priority
// columns: id
// mode: write
// (run)-[:EXECUTES]->(plan)
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
CREATE (run:Run:Entity {
  tenant: $tenant, id: $id, version: 1, created_at: datetime(), updated_at: datetime(), state: $state,
  on_failure: $on_failure, application_id: $application_id, environment_id: $environment_id, plan_id: $plan_id,
  provider: $provider, created_by: $created_by, correlation_id: $correlation_id, fence: 0, attempts: 0, rings: 0,
  rung_at: datetime.realtime(), total: $total, succeeded: 0, failed: 0, skipped: 0, error: $error,
  waiting_for: $waiting_for, confirm_after: $confirm_after, priority: $priority,
  finished_at: CASE WHEN $state IN ['denied', 'succeeded'] THEN datetime.realtime() END})
CREATE (run)-[:EXECUTES]->(plan)
RETURN run.id AS id
