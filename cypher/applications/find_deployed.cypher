// purpose: What is deployed of applications, also of services that are gone; it keeps them from being deleted.
// parameters: tenant, ids
// columns: used_id, id, label
// mode: read
UNWIND $ids AS wanted
MATCH (deployment:Deployment {tenant: $tenant, application_id: wanted})
WHERE deployment.environment_id IS NOT NULL
RETURN wanted AS used_id, deployment.id AS id, 'Deployment' AS label
ORDER BY id LIMIT 100
