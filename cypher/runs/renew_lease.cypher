// purpose: Renew the lease of a run that this worker still holds.
// parameters: tenant, id, fence, lease_ms, operation
// columns: id, state
// mode: write
CYPHER replan=skip
MATCH (run:Run {tenant: $tenant, id: $id})
SET run._lock = $operation
WITH run
REMOVE run._lock
WITH run
WHERE run.fence = $fence AND run.state IN ['running', 'paused', 'cancelling']
SET run.lease_until = datetime.realtime() + duration({milliseconds: $lease_ms})
RETURN run.id AS id, run.state AS state
