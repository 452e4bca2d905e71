// purpose: Let a policy's findings of a node through until a time; one that is there is replaced. No row: no such node.
// parameters: tenant, policy_id, node_id, exception_id, owner, reason, expires_at, created_by
// columns: version, passed
// mode: write
// (policy)-[:EXEMPTS {id, owner, reason, expires_at}]->(node)
MATCH (policy:Policy {tenant: $tenant, id: $policy_id})
MATCH (node:Entity {tenant: $tenant, id: $node_id})
OPTIONAL MATCH (policy)-[old:EXEMPTS]->(node)
DELETE old
CREATE (policy)-[:EXEMPTS {id: $exception_id, owner: $owner, reason: $reason, expires_at: $expires_at,
  created_by: $created_by, created_at: datetime()}]->(node)
SET policy.version = policy.version + 1, policy.updated_at = datetime()
RETURN policy.version AS version, $expires_at <= datetime.realtime() AS passed
