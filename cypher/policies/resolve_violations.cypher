// purpose: Resolve the open violations of one place but for those that are named, and say which they were.
// parameters: tenant, place, ids
// columns: resolved
// mode: write
MATCH (violation:Violation {tenant: $tenant, place: $place})
WHERE violation.state = 'open' AND NOT violation.id IN $ids
SET violation.state = 'resolved', violation.resolved_at = datetime.realtime(), violation.version = violation.version + 1,
  violation.updated_at = datetime()
WITH violation
OPTIONAL MATCH (violation)-[:FOUND_ON]->(node:Entity {tenant: $tenant})
RETURN collect({id: violation.id, policy: violation.policy, subject: violation.subject, message: violation.message,
  label: [label IN labels(node) WHERE label <> 'Entity'][0]}) AS resolved
