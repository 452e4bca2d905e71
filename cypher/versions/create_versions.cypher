// purpose: Create versions of services, desired at once where row.first; a row whose service is missing makes nothing.
// parameters: tenant, rows
// columns: ids
// mode: write
// (service)-[:HAS_VERSION]->(version), (service)-[:DESIRES]->(version)
WITH datetime() AS now
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row.service_id})
CREATE (service)-[:HAS_VERSION]->(version:ServiceVersion:Entity {
  tenant: $tenant, id: row.id, version: 1, created_at: now, updated_at: now, name: row.name,
  digest: row.digest, image: row.image, replicas: row.replicas, ports: row.ports, environment: row.environment,
  command: row.command, args: row.args, cpu_request: row.cpu_request, cpu_limit: row.cpu_limit,
  memory_request: row.memory_request, memory_limit: row.memory_limit, probe_kind: row.probe_kind,
  probe_port: row.probe_port, probe_path: row.probe_path, deadline_seconds: row.deadline_seconds})
FOREACH (one IN CASE WHEN row.first THEN [service] ELSE [] END | CREATE (one)-[:DESIRES]->(version))
RETURN collect(version.id) AS ids
