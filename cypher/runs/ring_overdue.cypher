// purpose: Find runs that nobody took, or whose worker has fallen silent, and note that they are rung for again.
// parameters: tenant, patience_ms
// columns: id, rings, state
// mode: write
MATCH (run:Run {tenant: $tenant})
WHERE run.state IN ['queued', 'running']
  AND run.rung_at < datetime.realtime() - duration({milliseconds: $patience_ms})
  AND (run.state = 'queued' OR run.lease_until < datetime.realtime())
WITH run ORDER BY run.id LIMIT 1000
SET run._lock = true
WITH run
REMOVE run._lock
WITH run
WHERE (run.state = 'queued' OR (run.state = 'running' AND run.lease_until < datetime.realtime()))
  AND run.rung_at < datetime.realtime() - duration({milliseconds: $patience_ms})
SET run.rung_at = datetime.realtime(), run.rings = run.rings + 1
RETURN run.id AS id, run.rings AS rings, run.state AS state
