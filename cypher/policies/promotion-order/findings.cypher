// purpose: Find the services whose planned version does not run yet in any environment that promotes to this one.
// parameters: tenant, environment_id, planned, stages
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (earlier)-[:PROMOTES_TO]->(environment), and no (version)<-[:RUNS]-(deployment)-[:IN]->(earlier)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
MATCH (earlier:Environment {tenant: $tenant})-[:PROMOTES_TO]->(environment)
WITH environment, earlier ORDER BY earlier.id
WITH environment, collect(earlier) AS earlier
UNWIND $planned AS planned
WITH environment, earlier, planned WHERE planned.changes
MATCH (service:Service {tenant: $tenant, id: planned.service_id})
MATCH (version:ServiceVersion {tenant: $tenant, id: planned.version_id})
WHERE NOT EXISTS {
    MATCH (version)<-[:RUNS]-(running:Deployment {tenant: $tenant, status: 'succeeded'})-[:IN]->(place:Environment {tenant: $tenant})
    WHERE place IN earlier OR place = environment
  }
RETURN service.id AS subject, 'not-yet' AS clause,
  service.name + ' ' + version.name + ' does not run in ' + earlier[0].name + ' yet, which comes before ' + environment.name AS message,
  [service.id, version.id, earlier[0].id, environment.id] AS node_ids,
  ['Service', 'ServiceVersion', 'Environment', 'Environment'] AS node_labels,
  [service.name, version.name, earlier[0].name, environment.name] AS node_names,
  [planned.edge, 'DOES_NOT_RUN_IN', 'PROMOTES_TO'] AS edges
ORDER BY subject
