// purpose: Find the services of an application that would run an unpinned image in production.
// parameters: tenant, application_id, environment_id
// columns: subject, message, node_ids, node_labels, node_names, edges
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version), unless (service)<-[:OF]-(deployment)-[:RUNS]->(version) there
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage = 'production'
MATCH (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
WITH environment, application, service, version, split(version.image, '/')[-1] AS last
WHERE NOT version.image CONTAINS '@sha256:' AND (NOT last CONTAINS ':' OR last ENDS WITH ':latest')
  AND NOT EXISTS {
    MATCH (service)<-[:OF]-(deployment:Deployment {tenant: $tenant, status: 'succeeded'})-[:RUNS]->(version)
    WHERE (deployment)-[:IN]->(environment)
  }
RETURN service.id AS subject,
  service.name + ' would run ' + version.image + ' in ' + environment.name + ': pin it by a tag other than latest or by a digest' AS message,
  [application.id, service.id, version.id] AS node_ids, ['Application', 'Service', 'ServiceVersion'] AS node_labels,
  [application.name, service.name, version.name] AS node_names, ['HAS_SERVICE', 'DESIRES'] AS edges
ORDER BY subject
