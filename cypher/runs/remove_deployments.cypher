// purpose: Remove deployments that run no longer.
// parameters: tenant, ids
// columns: id
// mode: write
UNWIND $ids AS wanted
MATCH (deployment:Deployment {tenant: $tenant, id: wanted})
WITH deployment, deployment.id AS id
DETACH DELETE deployment
RETURN id
