// purpose: Keep an environment for longer, while its deployments are looked at.
// parameters: tenant, id, held_ms, until_ms
// columns: id
// mode: write
// No row: another worker has taken it meanwhile, or it is gone.
MATCH (environment:Environment {tenant: $tenant, id: $id})
SET environment._lock = true
WITH environment
REMOVE environment._lock
WITH environment
WHERE environment._observing_until_ms = $held_ms
SET environment._observing_until_ms = $until_ms
RETURN environment.id AS id
