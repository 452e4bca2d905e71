// purpose: Record what violates policies in one place; says which were not open before.
// parameters: tenant, place, rows
// columns: opened
// mode: write
// (violation)-[:OF]->(policy), (violation)-[:FOUND_ON]->(node, while it exists)
CALL () {
  UNWIND $rows AS row
  MERGE (violation:Violation {tenant: $tenant, id: row.id})
  ON CREATE SET violation.version = 0, violation.created_at = datetime(), violation.policy = row.policy,
    violation.clause = row.clause, violation.subject = row.subject, violation.place = $place
  WITH row, violation, coalesce(violation.state, 'resolved') <> 'open' AS opens
  SET violation.version = violation.version + 1, violation.updated_at = datetime(), violation.state = 'open',
    violation.found_at = CASE WHEN opens THEN datetime.realtime() ELSE violation.found_at END,
    violation.seen_at = datetime.realtime(), violation.resolved_at = null, violation.enforcement = row.enforcement,
    violation.message = row.message, violation.path = row.path, violation.path_edges = row.path_edges
  WITH row, violation, opens
  OPTIONAL MATCH (policy:Policy {tenant: $tenant, id: 'policy:' + row.policy})
  OPTIONAL MATCH (node:Entity {tenant: $tenant, id: row.subject})
  FOREACH (one IN CASE WHEN policy IS NULL THEN [] ELSE [policy] END | MERGE (violation)-[:OF]->(one))
  FOREACH (one IN CASE WHEN node IS NULL THEN [] ELSE [node] END | MERGE (violation)-[:FOUND_ON]->(one))
  WITH violation, node WHERE opens
  RETURN collect({id: violation.id, policy: violation.policy, subject: violation.subject, message: violation.message,
    label: [label IN labels(node) WHERE label <> 'Entity'][0]}) AS opened
}
RETURN opened
