// purpose: Find the services that would run without limits.
// parameters: tenant, environment_id, planned, stages
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version {cpu_limit, memory_limit})
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
UNWIND $planned AS planned
WITH environment, planned WHERE planned.changes
MATCH (service:Service {tenant: $tenant, id: planned.service_id})<-[:HAS_SERVICE]-(application:Application {tenant: $tenant})
MATCH (version:ServiceVersion {tenant: $tenant, id: planned.version_id})
WHERE version.cpu_limit IS NULL OR version.memory_limit IS NULL
RETURN service.id AS subject,
  CASE WHEN version.memory_limit IS NOT NULL THEN 'no-cpu-limit' WHEN version.cpu_limit IS NOT NULL THEN 'no-memory-limit' ELSE 'no-limits' END AS clause,
  service.name + ' would run in ' + environment.name + ' without a limit of ' + CASE WHEN version.memory_limit IS NOT NULL THEN 'CPU' WHEN version.cpu_limit IS NOT NULL THEN 'memory' ELSE 'CPU and memory' END AS message,
  [application.id, service.id, version.id] AS node_ids, ['Application', 'Service', 'ServiceVersion'] AS node_labels,
  [application.name, service.name, version.name] AS node_names, ['HAS_SERVICE', planned.edge] AS edges
ORDER BY subject, clause
