// purpose: Lock environments until the transaction ends and say what they are.
// parameters: tenant, ids, operation
// columns: id, version, description, stage, namespace, provider, promotes_to
// mode: write
// (environment)-[:TARGETS]->(provider), (environment)-[:PROMOTES_TO]->(next)
UNWIND $ids AS wanted
MATCH (environment:Environment {tenant: $tenant, id: wanted})
SET environment._lock = $operation
WITH environment
REMOVE environment._lock
WITH environment
OPTIONAL MATCH (environment)-[:TARGETS]->(provider:Provider {tenant: $tenant})
OPTIONAL MATCH (environment)-[:PROMOTES_TO]->(next:Environment {tenant: $tenant})
RETURN environment.id AS id, environment.version AS version, environment.description AS description,
  environment.stage AS stage, environment.namespace AS namespace, provider.name AS provider, next.id AS promotes_to
