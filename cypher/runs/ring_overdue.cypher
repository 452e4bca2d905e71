// purpose: Find runs that nobody took, or whose worker has fallen silent, and note that they are rung for again.
// parameters: tenant, patience_ms
// columns: id, attempts, project, priority
// mode: write
// A run that goes on waiting for its turn is rung for less and less often.
MATCH (run:Run {tenant: $tenant})
WHERE run.state IN ['queued', 'running', 'paused', 'cancelling']
  AND run.rung_at < datetime.realtime() - duration({milliseconds: $patience_ms * CASE run.state WHEN 'queued' THEN toInteger(2 ^ CASE WHEN run.rings < 4 THEN run.rings ELSE 4 END) ELSE 1 END})
  AND (run.state = 'queued' OR run.lease_until < datetime.realtime())
WITH run ORDER BY run.id LIMIT 1000
SET run._lock = true
WITH run
REMOVE run._lock
WITH run
WHERE (run.state = 'queued' OR (run.state IN ['running', 'paused', 'cancelling'] AND run.lease_until < datetime.realtime()))
  AND run.rung_at < datetime.realtime() - duration({milliseconds: $patience_ms * CASE run.state WHEN 'queued' THEN toInteger(2 ^ CASE WHEN run.rings < 4 THEN run.rings ELSE 4 END) ELSE 1 END})
SET run.rung_at = datetime.realtime(), run.rings = run.rings + 1
RETURN run.id AS id, run.attempts AS attempts, split(run.application_id, '/')[0] AS project, coalesce(run.priority, 0) AS priority
