// purpose: What keeps service versions from being deleted: the deployments that run them.
// parameters: tenant, ids
// columns: used_id, id, label
// mode: read
// (deployment)-[:RUNS]->(version)
UNWIND $ids AS wanted
MATCH (version:ServiceVersion {tenant: $tenant, id: wanted})<-[:RUNS]-(deployment:Deployment {tenant: $tenant})
RETURN version.id AS used_id, deployment.id AS id, 'Deployment' AS label
ORDER BY id LIMIT 100
