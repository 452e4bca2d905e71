// purpose: How many deployments are looked at.
// parameters: tenant, application_id, environment_id
// columns: total
// mode: read
// (deployment)
MATCH (deployment:Deployment {tenant: $tenant, application_id: $application_id, environment_id: $environment_id})
RETURN count(deployment) AS total
