// purpose: Write what a worker reports of a run it still holds: its totals and lease, its steps, and what became of deployments.
// parameters: tenant, id, fence, lease_ms, succeeded, failed, skipped, operation, operation_name, application_id, environment_id,
//   steps, deployments
// columns: version, state, noted, deployed
// mode: write
// No row: another worker holds the run, or it has ended, and nothing was written. The run is locked before that is asked.
// With an operation_name the operation's id is written as well; no other statement has to.
// Of a step only the given properties change (null removes one), and nothing of one that has ended.
// A deployment with a version_id runs that version from now on; without one only its status changes.
// (run)-[:HAS_STEP_RUN]->(record), (deployment)-[:OF]->(service), -[:IN]->(environment), -[:RUNS]->(version)
CYPHER replan=skip
MATCH (run:Run {tenant: $tenant, id: $id})
SET run._lock = $operation
WITH run
REMOVE run._lock
WITH run
WHERE run.fence = $fence AND run.state IN ['running', 'paused', 'cancelling']
SET run.lease_until = datetime.realtime() + duration({milliseconds: $lease_ms}),
  run.succeeded = run.succeeded + $succeeded, run.failed = run.failed + $failed, run.skipped = run.skipped + $skipped,
  run.version = run.version + 1, run.updated_at = datetime()
FOREACH (name IN CASE WHEN $operation_name IS NULL THEN [] ELSE [$operation_name] END |
  CREATE (:Operation {tenant: $tenant, id: $operation, name: name, version: 1, created_at: datetime(), updated_at: datetime()}))
WITH run
CALL (run) {
  UNWIND $steps AS row
  MATCH (record:StepRun {tenant: $tenant, id: row.id})
  USING INDEX record:StepRun(tenant, id)
  WITH run, row, record
  WHERE record.run_id = run.id AND NOT record.state IN ['succeeded', 'failed', 'error', 'skipped', 'unknown']
  SET record += row.properties,
    record.started_at = CASE WHEN row.started_ms IS NULL THEN record.started_at ELSE datetime({epochMillis: row.started_ms}) END,
    record.finished_at = CASE WHEN row.finished_ms IS NULL THEN null ELSE datetime({epochMillis: row.finished_ms}) END,
    record.fence = $fence, record.version = record.version + 1, record.updated_at = datetime()
  RETURN count(record) AS noted
}
CALL () {
  OPTIONAL MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
  UNWIND $deployments AS row
  MERGE (deployment:Deployment {tenant: $tenant, id: row.id})
  ON CREATE SET deployment:Entity, deployment.version = 0, deployment.created_at = datetime(),
    deployment.name = row.service_name, deployment.application_id = $application_id,
    deployment.environment_id = $environment_id, deployment.service_id = row.service_id,
    deployment.service_name = row.service_name, deployment.kind = row.kind, deployment.provider = row.provider,
    deployment.depends_on = row.depends_on
  WITH row, environment, deployment, deployment.version = 0 AS created
  OPTIONAL MATCH (service:Service {tenant: $tenant, id: row.service_id})
  OPTIONAL MATCH (version:ServiceVersion {tenant: $tenant, id: row.version_id})
  OPTIONAL MATCH (deployment)-[old:RUNS]->(:ServiceVersion {tenant: $tenant})
  FOREACH (found IN CASE WHEN created AND service IS NOT NULL THEN [service] ELSE [] END | CREATE (deployment)-[:OF]->(found))
  FOREACH (found IN CASE WHEN created AND environment IS NOT NULL THEN [environment] ELSE [] END | CREATE (deployment)-[:IN]->(found))
  FOREACH (gone IN CASE WHEN row.version_id IS NOT NULL AND old IS NOT NULL THEN [old] ELSE [] END | DELETE gone)
  FOREACH (found IN CASE WHEN version IS NOT NULL THEN [version] ELSE [] END | CREATE (deployment)-[:RUNS]->(found))
  FOREACH (_ IN CASE WHEN row.version_id IS NOT NULL THEN [1] ELSE [] END |
    SET deployment.version_id = row.version_id, deployment.provider = row.provider, deployment.depends_on = row.depends_on,
      deployment.outputs = row.outputs,
      deployment.inputs = row.inputs, deployment.drifted = false, deployment.observed = null,
      deployment.expected = null, deployment.drifted_at = null,
      deployment.deployed_at = datetime.realtime())
  SET deployment.status = row.status, deployment.message = row.message, deployment.run_id = $id,
    deployment.version = deployment.version + 1, deployment.updated_at = datetime()
  RETURN count(deployment) AS deployed
}
RETURN run.version AS version, run.state AS state, noted, deployed
