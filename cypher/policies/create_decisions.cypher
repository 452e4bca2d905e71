// purpose: Log what policies decided, and about which node.
// parameters: tenant, about, rows
// columns: created
// mode: write
// (decision)-[:OF]->(policy), (decision)-[:ABOUT]->(node, while it exists)
UNWIND $rows AS row
CREATE (decision:Decision {
  tenant: $tenant, id: row.id, version: 1, created_at: datetime(), updated_at: datetime(), at: datetime.realtime(),
  policy: row.policy, policy_version: row.policy_version, point: row.point, inputs_hash: row.inputs_hash,
  verdict: row.verdict, actor: row.actor, about_id: $about, subjects: row.subjects, subject_count: row.subject_count,
  excepted: row.excepted, excepted_count: row.excepted_count, message: row.message, duration_ms: row.duration_ms})
WITH row, decision
OPTIONAL MATCH (policy:Policy {tenant: $tenant, id: 'policy:' + row.policy})
FOREACH (found IN CASE WHEN policy IS NULL THEN [] ELSE [policy] END | CREATE (decision)-[:OF]->(found))
WITH decision
OPTIONAL MATCH (node:Entity {tenant: $tenant, id: $about})
FOREACH (found IN CASE WHEN node IS NULL THEN [] ELSE [node] END | CREATE (decision)-[:ABOUT]->(found))
RETURN count(decision) AS created
