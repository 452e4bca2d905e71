// purpose: Lock a run for the transaction if this worker still holds it, add to its totals and renew its lease.
// parameters: tenant, id, fence, lease_ms, succeeded, failed, skipped, operation
// columns: version
// mode: write
MATCH (run:Run {tenant: $tenant, id: $id})
SET run._lock = $operation
WITH run
REMOVE run._lock
WITH run
WHERE run.fence = $fence AND run.state = 'running'
SET run.lease_until = datetime.realtime() + duration({milliseconds: $lease_ms}),
  run.succeeded = run.succeeded + $succeeded, run.failed = run.failed + $failed, run.skipped = run.skipped + $skipped,
  run.version = run.version + 1, run.updated_at = datetime()
RETURN run.version AS version
