// purpose: What providers said of deployments.
// parameters: tenant, ids
// columns: service_id, outputs
// mode: read
UNWIND $ids AS wanted
MATCH (deployment:Deployment {tenant: $tenant, id: wanted})
RETURN deployment.service_id AS service_id, deployment.outputs AS outputs
