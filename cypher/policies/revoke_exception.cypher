// purpose: Take an exception back. No row: there is none.
// parameters: tenant, policy_id, node_id
// columns: version, exception_id
// mode: write
// (policy)-[:EXEMPTS]->(node)
MATCH (policy:Policy {tenant: $tenant, id: $policy_id})-[exception:EXEMPTS]->(node:Entity {tenant: $tenant, id: $node_id})
WITH policy, exception, exception.id AS exception_id
DELETE exception
SET policy.version = policy.version + 1, policy.updated_at = datetime()
RETURN policy.version AS version, exception_id
