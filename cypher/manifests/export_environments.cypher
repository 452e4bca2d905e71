// purpose: Environments as their manifests say them, by id within a range.
// parameters: tenant, start, until, limit
// columns: id, name, description, stage, namespace, provider, promotes_to, drift_every_seconds, drift_heal, drift_ignore
// mode: read
// (environment)-[:TARGETS]->(provider), (environment)-[:PROMOTES_TO]->(next)
MATCH (environment:Environment {tenant: $tenant})
WHERE environment.id >= $start AND environment.id < $until
WITH environment ORDER BY environment.id LIMIT $limit
OPTIONAL MATCH (environment)-[:TARGETS]->(provider:Provider {tenant: $tenant})
OPTIONAL MATCH (environment)-[:PROMOTES_TO]->(next:Environment {tenant: $tenant})
RETURN environment.id AS id, environment.name AS name, environment.description AS description,
  environment.stage AS stage, environment.namespace AS namespace, provider.name AS provider, next.id AS promotes_to,
  environment.drift_every_seconds AS drift_every_seconds, environment.drift_heal AS drift_heal,
  environment.drift_ignore AS drift_ignore
ORDER BY id
