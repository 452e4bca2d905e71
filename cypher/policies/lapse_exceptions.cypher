// purpose: Take away the exceptions whose time has come, and say which they were.
// parameters: tenant, at
// columns: version, policy_id, policy, exception_id, node_id, owner, reason, expires_at
// mode: write
// (policy)-[:EXEMPTS {expires_at}]->(node)
MATCH (policy:Policy {tenant: $tenant})-[exception:EXEMPTS]->(node:Entity {tenant: $tenant})
WHERE policy.id > '' AND exception.expires_at <= coalesce(datetime($at), datetime.realtime())
WITH policy, exception, node.id AS node_id, exception.id AS exception_id, exception.owner AS owner,
  exception.reason AS reason, exception.expires_at AS expires_at
DELETE exception
SET policy.version = policy.version + 1, policy.updated_at = datetime()
RETURN policy.version AS version, policy.id AS policy_id, policy.name AS policy, exception_id, node_id, owner, reason,
  toString(expires_at) AS expires_at
ORDER BY policy_id, node_id
