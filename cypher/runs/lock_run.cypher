// purpose: Find a run and lock it until the transaction ends.
// parameters: tenant, id, operation
// columns: state, held, version, application_id, environment_id, correlation_id, rings, waiting_for, plan_id, on_failure
// mode: write
// Held: a worker has it, or had it and fell silent, so that steps of it may be under way.
MATCH (run:Run {tenant: $tenant, id: $id})
SET run._lock = $operation
WITH run
REMOVE run._lock
RETURN run.state AS state, run.lease_until IS NOT NULL AS held, run.version AS version, run.application_id AS application_id,
  run.environment_id AS environment_id, run.correlation_id AS correlation_id, run.rings AS rings,
  run.waiting_for AS waiting_for, run.plan_id AS plan_id, run.on_failure AS on_failure
