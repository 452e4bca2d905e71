// purpose: Write what became of deployments: their status, and for those that succeeded what runs now.
// parameters: tenant, run_id, application_id, environment_id, rows
// columns: id, version
// mode: write
// (deployment)-[:OF]->(service), (deployment)-[:IN]->(environment), (deployment)-[:RUNS]->(version)
UNWIND $rows AS row
MERGE (deployment:Deployment {tenant: $tenant, id: row.id})
ON CREATE SET deployment:Entity, deployment.version = 0, deployment.created_at = datetime(),
  deployment.name = row.service_name, deployment.application_id = $application_id,
  deployment.environment_id = $environment_id, deployment.service_id = row.service_id,
  deployment.service_name = row.service_name, deployment.kind = row.kind, deployment.provider = row.provider,
  deployment.depends_on = row.depends_on, deployment._new = true
WITH row, deployment, coalesce(deployment._new, false) AS created
SET deployment.status = row.status, deployment.message = row.message, deployment.run_id = $run_id,
  deployment.version = deployment.version + 1, deployment.updated_at = datetime()
REMOVE deployment._new
WITH row, deployment, created
CALL (row, deployment, created) {
  WITH row, deployment, created WHERE created
  OPTIONAL MATCH (service:Service {tenant: $tenant, id: row.service_id})
  OPTIONAL MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
  FOREACH (found IN CASE WHEN service IS NULL THEN [] ELSE [service] END | CREATE (deployment)-[:OF]->(found))
  FOREACH (found IN CASE WHEN environment IS NULL THEN [] ELSE [environment] END | CREATE (deployment)-[:IN]->(found))
}
CALL (row, deployment) {
  WITH row, deployment WHERE row.version_id IS NOT NULL
  SET deployment.version_id = row.version_id, deployment.provider = row.provider, deployment.depends_on = row.depends_on,
    deployment.outputs = row.outputs, deployment.deployed_at = datetime.realtime()
  WITH row, deployment
  OPTIONAL MATCH (deployment)-[old:RUNS]->(:ServiceVersion {tenant: $tenant})
  DELETE old
  WITH DISTINCT row, deployment
  OPTIONAL MATCH (version:ServiceVersion {tenant: $tenant, id: row.version_id})
  FOREACH (found IN CASE WHEN version IS NULL THEN [] ELSE [version] END | CREATE (deployment)-[:RUNS]->(found))
}
RETURN deployment.id AS id, deployment.version AS version
