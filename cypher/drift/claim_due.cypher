// purpose: Take the environments that are due to be compared with what their targets say; each by one worker for a while.
// parameters: tenant, now_ms, until_ms, every_seconds, most, providers
// columns: id, namespace, asked_for, ignore, heal
// mode: write
// Due is what somebody has asked for, and what was looked at longer ago than it says itself, or else `every_seconds`; 0 is never.
// Left to others is an environment whose provider is none of `providers`.
// (environment)-[:TARGETS]->(provider)
MATCH (environment:Environment {tenant: $tenant})
WHERE environment.id > '' AND coalesce(environment._observing_until_ms, 0) < $now_ms
WITH environment, coalesce(environment.drift_every_seconds, $every_seconds) * 1000 AS every
WHERE environment._observe_for IS NOT NULL OR (every > 0 AND coalesce(environment._observed_ms, 0) + every <= $now_ms)
WITH environment
WHERE NOT EXISTS { (environment)-[:TARGETS]->(provider:Provider {tenant: $tenant}) WHERE NOT provider.name IN $providers }
WITH environment ORDER BY environment.id LIMIT $most
SET environment._lock = true
WITH environment
REMOVE environment._lock
WITH environment
WHERE coalesce(environment._observing_until_ms, 0) < $now_ms
SET environment._observing_until_ms = $until_ms
RETURN environment.id AS id, environment.namespace AS namespace, environment._observe_for AS asked_for,
  environment.drift_ignore AS ignore, environment.drift_heal AS heal
