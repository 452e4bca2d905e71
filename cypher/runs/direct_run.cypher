// purpose: Say what is to become of a run that the transaction holds; its worker reads it with its next write.
// parameters: tenant, id, state, waiting_for, confirmed
// columns: version, attempts, priority
// mode: write
// The steps of a run that nobody carries out, which waited for a worker or someone to let it go on, say so at once.
MATCH (run:Run {tenant: $tenant, id: $id})
SET run.state = $state, run.waiting_for = $waiting_for, run.version = run.version + 1, run.updated_at = datetime(),
  run.rings = CASE $state WHEN 'queued' THEN run.rings + 1 ELSE run.rings END,
  run.rung_at = CASE $state WHEN 'queued' THEN datetime.realtime() ELSE run.rung_at END,
  run.confirm_after = CASE WHEN $confirmed THEN null ELSE run.confirm_after END
WITH run
CALL (run) {
  MATCH (run)-[:HAS_STEP_RUN]->(record:StepRun {tenant: $tenant, state: 'waiting'})
  WHERE run.lease_until IS NULL AND size(record.waiting_for) = 1
    AND (record.waiting_for[0] STARTS WITH 'worker:' OR record.waiting_for[0] STARTS WITH 'paused:'
      OR (record.waiting_for[0] STARTS WITH 'person:' AND $confirmed))
  SET record.waiting_for = $waiting_for
}
RETURN run.version AS version, run.attempts AS attempts, coalesce(run.priority, 0) AS priority
