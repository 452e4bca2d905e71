// purpose: End a run that the transaction holds; nothing changes it afterwards.
// parameters: tenant, id, fence, state, error
// columns: succeeded, failed, skipped, total, version
// mode: write
CYPHER replan=skip
MATCH (run:Run {tenant: $tenant, id: $id})
USING INDEX run:Run(tenant, id)
WHERE run.fence = $fence AND run.state IN ['running', 'paused', 'cancelling']
SET run.state = $state, run.error = $error, run.finished_at = datetime.realtime(), run.updated_at = datetime()
REMOVE run.owner, run.lease_until, run.waiting_for
RETURN run.succeeded AS succeeded, run.failed AS failed, run.skipped AS skipped, run.total AS total, run.version AS version
