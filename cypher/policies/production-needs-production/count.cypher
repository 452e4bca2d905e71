// purpose: How many services are looked at.
// parameters: tenant, environment_id, planned, stages
// columns: total
// mode: read
// (environment), and the services of $planned
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
RETURN size($planned) AS total
