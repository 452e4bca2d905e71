// purpose: List the applications that have drifted in an environment and that no run is changing, with how healing them went so far.
// parameters: tenant, environment_id
// columns: application_id, keys, heals, after_ms, plan_id
// mode: read
CALL () {
  MATCH (run:Run {tenant: $tenant})
  WHERE run.state IN ['queued', 'running', 'paused', 'cancelling'] AND run.environment_id = $environment_id
  RETURN collect(DISTINCT run.application_id) AS busy
}
MATCH (deployment:Deployment {tenant: $tenant, environment_id: $environment_id, drifted: true})
WHERE deployment.status = 'succeeded' AND NOT deployment.application_id IN busy
WITH deployment ORDER BY deployment.id
RETURN deployment.application_id AS application_id, collect(deployment.id) AS keys, max(coalesce(deployment._heals, 0)) AS heals,
  max(coalesce(deployment._heal_after_ms, 0)) AS after_ms, head(collect(deployment._heal_plan_id)) AS plan_id
ORDER BY application_id
