// purpose: Take a run that waits, or whose worker has been silent for longer than its lease; exactly one of many wins.
// parameters: tenant, id, owner, lease_ms, operation
// columns: fence, attempts, version, application_id, environment_id, plan_id, on_failure, created_by, correlation_id, total,
//   namespace, state, confirm_after
// mode: write
// Fences rise over all runs of an environment, because targets carry them and outlive runs.
CYPHER replan=skip
MATCH (run:Run {tenant: $tenant, id: $id})
SET run._lock = $operation
WITH run
REMOVE run._lock
WITH run
WHERE run.state = 'queued' OR (run.state IN ['running', 'paused', 'cancelling'] AND run.lease_until < datetime.realtime())
OPTIONAL MATCH (environment:Environment {tenant: $tenant, id: run.environment_id})
SET environment._fence = coalesce(environment._fence, 0) + 1
WITH run, environment
SET run.state = CASE run.state WHEN 'queued' THEN 'running' ELSE run.state END, run.owner = $owner, run.fence = coalesce(environment._fence, run.fence + 1), run.attempts = run.attempts + 1,
  run.lease_until = datetime.realtime() + duration({milliseconds: $lease_ms}),
  run.started_at = coalesce(run.started_at, datetime.realtime()), run.version = run.version + 1, run.updated_at = datetime(),
  run.waiting_for = CASE run.state WHEN 'paused' THEN run.waiting_for ELSE [] END
RETURN run.fence AS fence, run.attempts AS attempts, run.version AS version, run.application_id AS application_id,
  run.environment_id AS environment_id, run.plan_id AS plan_id, run.on_failure AS on_failure,
  run.created_by AS created_by, run.correlation_id AS correlation_id, run.total AS total, environment.namespace AS namespace,
  run.state AS state, run.confirm_after AS confirm_after
