// purpose: Find a deployment, lock it until the transaction ends, and read what it has drifted to and what is desired of it.
// parameters: tenant, id, operation
// columns: version, drifted, expected, observed, application_id, environment_id, service_id, version_id, image, replicas,
//   ports, environment, command, args, cpu_request, cpu_limit, memory_request, memory_limit, probe_kind, probe_port,
//   probe_path, deadline_seconds
// mode: write
// (deployment)-[:OF]->(service)-[:DESIRES]->(version)
MATCH (deployment:Deployment {tenant: $tenant, id: $id})
SET deployment._lock = $operation
WITH deployment
REMOVE deployment._lock
WITH deployment
OPTIONAL MATCH (deployment)-[:OF]->(service:Service {tenant: $tenant})-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
RETURN deployment.version AS version, coalesce(deployment.drifted, false) AS drifted, deployment.expected AS expected,
  deployment.observed AS observed, deployment.application_id AS application_id, deployment.environment_id AS environment_id,
  service.id AS service_id, version.id AS version_id, version.image AS image, version.replicas AS replicas,
  version.ports AS ports, version.environment AS environment, version.command AS command, version.args AS args,
  version.cpu_request AS cpu_request, version.cpu_limit AS cpu_limit, version.memory_request AS memory_request,
  version.memory_limit AS memory_limit, version.probe_kind AS probe_kind, version.probe_port AS probe_port,
  version.probe_path AS probe_path, version.deadline_seconds AS deadline_seconds
