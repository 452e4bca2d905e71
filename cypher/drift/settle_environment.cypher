// purpose: Let go of an environment whose deployments were looked at, and say when that was.
// parameters: tenant, id, held_ms, now_ms, asked_for
// columns: id, version
// mode: write
// No row: another worker has taken it meanwhile, or it is gone. Who has asked while it was looked at is answered next time.
MATCH (environment:Environment {tenant: $tenant, id: $id})
SET environment._lock = true
WITH environment
REMOVE environment._lock
WITH environment
WHERE environment._observing_until_ms = $held_ms
SET environment._observing_until_ms = null, environment._observed_ms = $now_ms,
  environment.observed_at = datetime({epochMillis: $now_ms}),
  environment._observe_for = CASE WHEN environment._observe_for = $asked_for THEN null ELSE environment._observe_for END
RETURN environment.id AS id, environment.version AS version
