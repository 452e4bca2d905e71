// purpose: List what is recorded as running in an environment, a page in the order of the ids, without what a run is changing.
// parameters: tenant, environment_id, after_key, most
// columns: key, version, application_id, service_id, service_name, kind, provider, run_id, inputs, busy, version_id, image,
//   replicas, ports, environment, command, args, cpu_request, cpu_limit, memory_request, memory_limit, probe_kind, probe_port,
//   probe_path, deadline_seconds
// mode: read
// (deployment)-[:RUNS]->(version)
CALL () {
  MATCH (run:Run {tenant: $tenant})
  WHERE run.state IN ['queued', 'running', 'paused', 'cancelling'] AND run.environment_id = $environment_id
  RETURN collect(DISTINCT run.application_id) AS busy
}
MATCH (deployment:Deployment {tenant: $tenant, environment_id: $environment_id})
WHERE deployment.id > $after_key
WITH busy, deployment ORDER BY deployment.id LIMIT $most
OPTIONAL MATCH (deployment)-[:RUNS]->(version:ServiceVersion {tenant: $tenant})
RETURN deployment.id AS key, deployment.version AS version, deployment.application_id AS application_id,
  deployment.service_id AS service_id, deployment.service_name AS service_name, deployment.kind AS kind,
  deployment.provider AS provider, deployment.run_id AS run_id, deployment.inputs AS inputs,
  deployment.status <> 'succeeded' OR deployment.application_id IN busy AS busy, version.id AS version_id,
  version.image AS image, version.replicas AS replicas, version.ports AS ports, version.environment AS environment,
  version.command AS command, version.args AS args, version.cpu_request AS cpu_request, version.cpu_limit AS cpu_limit,
  version.memory_request AS memory_request, version.memory_limit AS memory_limit, version.probe_kind AS probe_kind,
  version.probe_port AS probe_port, version.probe_path AS probe_path, version.deadline_seconds AS deadline_seconds
ORDER BY key
