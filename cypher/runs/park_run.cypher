// purpose: Let go of a run whose steps all wait for a person, so that no worker holds it idly; it is taken up once it is queued.
// parameters: tenant, id, fence, waiting_for, operation
// columns: version
// mode: write
// No row: it was told to go on or to be cancelled meanwhile, or another worker holds it. Without waiting_for only a paused run is let go.
MATCH (run:Run {tenant: $tenant, id: $id})
SET run._lock = $operation
WITH run
REMOVE run._lock
WITH run
WHERE run.fence = $fence AND (run.state = 'paused' OR (run.state = 'running' AND size($waiting_for) > 0))
WITH run, CASE run.state WHEN 'running' THEN $waiting_for ELSE run.waiting_for END AS waiting_for
SET run.state = 'paused', run.version = run.version + 1, run.updated_at = datetime(), run.waiting_for = waiting_for
REMOVE run.owner, run.lease_until
RETURN run.version AS version
