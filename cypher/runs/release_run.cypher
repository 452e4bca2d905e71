// purpose: Give a run back before its lease ends, so that another worker takes it up at once.
// parameters: tenant, id, fence, operation
// columns: id
// mode: write
MATCH (run:Run {tenant: $tenant, id: $id})
SET run._lock = $operation
WITH run
REMOVE run._lock
WITH run
WHERE run.fence = $fence AND run.state IN ['running', 'paused', 'cancelling']
SET run.lease_until = datetime.realtime() - duration({milliseconds: 1}), run.rung_at = datetime({epochMillis: 0})
RETURN run.id AS id
