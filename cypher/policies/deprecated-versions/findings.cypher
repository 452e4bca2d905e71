// purpose: Find the services that would run a deprecated version.
// parameters: tenant, environment_id, planned, stages
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version {deprecated: true})
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
UNWIND $planned AS planned
WITH environment, planned WHERE planned.changes
MATCH (service:Service {tenant: $tenant, id: planned.service_id})<-[:HAS_SERVICE]-(application:Application {tenant: $tenant})
MATCH (version:ServiceVersion {tenant: $tenant, id: planned.version_id})
WHERE version.deprecated
RETURN service.id AS subject,
  'deprecated' AS clause,
  service.name + ' would run ' + version.name + ' in ' + environment.name + ', which is deprecated' AS message,
  [application.id, service.id, version.id] AS node_ids, ['Application', 'Service', 'ServiceVersion'] AS node_labels,
  [application.name, service.name, version.name] AS node_names, ['HAS_SERVICE', planned.edge] AS edges
ORDER BY subject, clause
