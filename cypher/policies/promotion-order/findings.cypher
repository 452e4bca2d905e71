// purpose: Find the services whose desired version does not run yet in any environment that promotes to production.
// parameters: tenant, application_id, environment_id
// columns: subject, message, node_ids, node_labels, node_names, edges
// mode: read
// (earlier)-[:PROMOTES_TO]->(environment), and no (version)<-[:RUNS]-(deployment)-[:IN]->(earlier)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage = 'production'
MATCH (earlier:Environment {tenant: $tenant})-[:PROMOTES_TO]->(environment)
WITH environment, earlier ORDER BY earlier.id
WITH environment, collect(earlier) AS earlier
MATCH (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
WHERE NOT EXISTS {
    MATCH (version)<-[:RUNS]-(running:Deployment {tenant: $tenant, status: 'succeeded'})-[:IN]->(place:Environment {tenant: $tenant})
    WHERE place IN earlier OR place = environment
  }
RETURN service.id AS subject,
  service.name + ' ' + version.name + ' does not run in ' + earlier[0].name + ' yet, which comes before ' + environment.name AS message,
  [service.id, version.id, earlier[0].id, environment.id] AS node_ids,
  ['Service', 'ServiceVersion', 'Environment', 'Environment'] AS node_labels,
  [service.name, version.name, earlier[0].name, environment.name] AS node_names,
  ['DESIRES', 'DOES_NOT_RUN_IN', 'PROMOTES_TO'] AS edges
ORDER BY subject
