// purpose: Write what targets said of deployments: when, and where it is another finding than before, the finding.
// parameters: tenant, environment_id, now_ms, operation, rows
// columns: id, version, application_id, drifted_before, changed
// mode: write
// What is as recorded is forgotten to have been healed. Left alone is what was changed since it was read, and what a run is changing.
CALL () {
  MATCH (run:Run {tenant: $tenant})
  WHERE run.state IN ['queued', 'running', 'paused', 'cancelling'] AND run.environment_id = $environment_id
  RETURN collect(DISTINCT run.application_id) AS busy
}
UNWIND $rows AS row
MATCH (deployment:Deployment {tenant: $tenant, id: row.key})
SET deployment._lock = $operation
WITH busy, row, deployment
REMOVE deployment._lock
WITH busy, row, deployment
WHERE deployment.version = row.version AND deployment.status = 'succeeded' AND NOT deployment.application_id IN busy
WITH row, deployment, coalesce(deployment.drifted, false) AS drifted_before,
  coalesce(deployment.observed, []) <> row.observed OR coalesce(deployment.expected, []) <> row.expected AS changed
SET deployment.observed_at = datetime({epochMillis: $now_ms})
FOREACH (_ IN CASE WHEN row.drifted THEN [] ELSE [1] END |
  SET deployment._heals = null, deployment._heal_after_ms = null, deployment._heal_plan_id = null)
FOREACH (_ IN CASE WHEN changed THEN [1] ELSE [] END |
  SET deployment.drifted = row.drifted, deployment.observed = row.observed, deployment.expected = row.expected,
    deployment.drifted_at = CASE
      WHEN NOT row.drifted THEN null
      WHEN drifted_before THEN deployment.drifted_at
      ELSE datetime({epochMillis: $now_ms})
    END,
    deployment.version = deployment.version + 1, deployment.updated_at = datetime())
RETURN deployment.id AS id, deployment.version AS version, deployment.application_id AS application_id, drifted_before, changed
