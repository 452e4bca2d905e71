// purpose: Find what runs of an application in an environment without a service that declares it.
// parameters: tenant, application_id, environment_id
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (deployment)-[:IN]->(environment), and no (deployment)-[:OF]->(service)
MATCH (deployment:Deployment {tenant: $tenant, application_id: $application_id, environment_id: $environment_id})-[:IN]->(environment:Environment {tenant: $tenant})
WHERE deployment.status <> 'removed' AND NOT EXISTS { MATCH (deployment)-[:OF]->(:Service {tenant: $tenant}) }
RETURN deployment.id AS subject, 'no-service' AS clause,
  deployment.service_name + ' runs in ' + environment.name + ', but its service is gone: deploy the application, which takes it away' AS message,
  [deployment.id, environment.id] AS node_ids, ['Deployment', 'Environment'] AS node_labels,
  [deployment.service_name, environment.name] AS node_names, ['IN'] AS edges
ORDER BY subject LIMIT 1000
