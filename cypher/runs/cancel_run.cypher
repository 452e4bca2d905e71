// purpose: End a run that nobody carries out and that the transaction holds, with all its steps that have not begun.
// parameters: tenant, id, message
// columns: succeeded, failed, skipped, total, version
// mode: write
MATCH (run:Run {tenant: $tenant, id: $id})
WITH run
CALL (run) {
  MATCH (run)-[:HAS_STEP_RUN]->(record:StepRun {tenant: $tenant, state: 'waiting'})
  SET record.state = 'skipped', record.message = $message, record.waiting_for = [], record.mark = null,
    record.finished_at = datetime.realtime(), record.version = record.version + 1, record.updated_at = datetime()
  RETURN count(record) AS left
}
SET run.state = 'cancelled', run.error = $message, run.skipped = run.skipped + left, run.finished_at = datetime.realtime(),
  run.version = run.version + 1, run.updated_at = datetime()
REMOVE run.owner, run.lease_until, run.waiting_for
RETURN run.succeeded AS succeeded, run.failed AS failed, run.skipped AS skipped, run.total AS total, run.version AS version
