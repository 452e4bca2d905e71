// purpose: Find the services that would run too few times.
// parameters: tenant, environment_id, planned, least, stages
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version {replicas})
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
UNWIND $planned AS planned
WITH environment, planned WHERE planned.changes
MATCH (service:Service {tenant: $tenant, id: planned.service_id})<-[:HAS_SERVICE]-(application:Application {tenant: $tenant})
MATCH (version:ServiceVersion {tenant: $tenant, id: planned.version_id})
WHERE version.replicas < $least
RETURN service.id AS subject,
  'too-few' AS clause,
  service.name + ' would run ' + toString(version.replicas) + ' time(s) in ' + environment.name + ', and at least ' + toString($least) + ' are asked for' AS message,
  [application.id, service.id, version.id] AS node_ids, ['Application', 'Service', 'ServiceVersion'] AS node_labels,
  [application.name, service.name, version.name] AS node_names, ['HAS_SERVICE', planned.edge] AS edges
ORDER BY subject, clause
