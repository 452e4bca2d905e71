// purpose: Find the services that would run an image that is not pinned.
// parameters: tenant, environment_id, planned, stages
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
UNWIND $planned AS planned
WITH environment, planned WHERE planned.changes
MATCH (service:Service {tenant: $tenant, id: planned.service_id})<-[:HAS_SERVICE]-(application:Application {tenant: $tenant})
MATCH (version:ServiceVersion {tenant: $tenant, id: planned.version_id})
WITH environment, planned, application, service, version, split(version.image, '/')[-1] AS last
WHERE NOT version.image CONTAINS '@sha256:' AND (NOT last CONTAINS ':' OR last ENDS WITH ':latest')
RETURN service.id AS subject,
  CASE WHEN last CONTAINS ':' THEN 'latest' ELSE 'no-tag' END AS clause,
  service.name + ' would run ' + version.image + ' in ' + environment.name + ': pin it by a tag other than latest or by a digest' AS message,
  [application.id, service.id, version.id] AS node_ids, ['Application', 'Service', 'ServiceVersion'] AS node_labels,
  [application.name, service.name, version.name] AS node_names, ['HAS_SERVICE', planned.edge] AS edges
ORDER BY subject, clause
