// purpose: Write when a schedule that this worker took is due next, and what became of the time that had come.
// parameters: tenant, id, until_ms, next_ms, reckoned_for, last_ms, last_run_id, last_problem, again
// columns: id
// mode: write
// No row: another worker has taken it meanwhile, or it is gone. With `again` it is tried again once this worker's time is over.
MATCH (schedule:Schedule {tenant: $tenant, id: $id})
SET schedule._lock = true
WITH schedule
REMOVE schedule._lock
WITH schedule
WHERE schedule._until_ms = $until_ms
SET schedule.next_at = datetime({epochMillis: $next_ms}), schedule.reckoned_for = $reckoned_for,
  schedule.last_at = CASE WHEN $last_ms IS NULL THEN schedule.last_at ELSE datetime({epochMillis: $last_ms}) END,
  schedule.last_run_id = CASE WHEN $last_ms IS NULL THEN schedule.last_run_id ELSE $last_run_id END,
  schedule.last_problem = CASE WHEN $last_ms IS NULL THEN schedule.last_problem ELSE $last_problem END,
  schedule._until_ms = CASE WHEN $again THEN $until_ms ELSE null END
RETURN schedule.id AS id
