// purpose: Write what became of deployments: their status, and for those that succeeded (with a version_id) what runs now.
// parameters: tenant, run_id, application_id, environment_id, rows
// columns: id, version
// mode: write
// (deployment)-[:OF]->(service), (deployment)-[:IN]->(environment), (deployment)-[:RUNS]->(version)
OPTIONAL MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
UNWIND $rows AS row
MERGE (deployment:Deployment {tenant: $tenant, id: row.id})
ON CREATE SET deployment:Entity, deployment.version = 0, deployment.created_at = datetime(),
  deployment.name = row.service_name, deployment.application_id = $application_id,
  deployment.environment_id = $environment_id, deployment.service_id = row.service_id,
  deployment.service_name = row.service_name, deployment.kind = row.kind, deployment.provider = row.provider,
  deployment.depends_on = row.depends_on
WITH row, environment, deployment, deployment.version = 0 AS created
OPTIONAL MATCH (service:Service {tenant: $tenant, id: row.service_id})
OPTIONAL MATCH (version:ServiceVersion {tenant: $tenant, id: row.version_id})
OPTIONAL MATCH (deployment)-[old:RUNS]->(:ServiceVersion {tenant: $tenant})
FOREACH (found IN CASE WHEN created AND service IS NOT NULL THEN [service] ELSE [] END | CREATE (deployment)-[:OF]->(found))
FOREACH (found IN CASE WHEN created AND environment IS NOT NULL THEN [environment] ELSE [] END | CREATE (deployment)-[:IN]->(found))
FOREACH (gone IN CASE WHEN row.version_id IS NOT NULL AND old IS NOT NULL THEN [old] ELSE [] END | DELETE gone)
FOREACH (found IN CASE WHEN version IS NOT NULL THEN [version] ELSE [] END | CREATE (deployment)-[:RUNS]->(found))
FOREACH (_ IN CASE WHEN row.version_id IS NOT NULL THEN [1] ELSE [] END |
  SET deployment.version_id = row.version_id, deployment.provider = row.provider, deployment.depends_on = row.depends_on,
    deployment.outputs = row.outputs, deployment.deployed_at = datetime.realtime())
SET deployment.status = row.status, deployment.message = row.message, deployment.run_id = $run_id,
  deployment.version = deployment.version + 1, deployment.updated_at = datetime()
RETURN deployment.id AS id, deployment.version AS version
