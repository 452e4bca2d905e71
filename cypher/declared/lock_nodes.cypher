// purpose: Lock nodes of one label until the transaction ends, and say each as [id, version, values, ends].
// parameters: tenant, label, ids, operation, fields, edges
// columns: found
// mode: write
// (node)-[edge.type, either way]-(other); values stand in the order of $fields, ends in the order of $edges
UNWIND $ids AS wanted
MATCH (node:Entity {tenant: $tenant, id: wanted})
WHERE $label IN labels(node)
SET node._lock = $operation
WITH node
REMOVE node._lock
WITH node
RETURN collect([node.id, node.version, [field IN $fields | node[field]],
  [edge IN $edges | CASE WHEN edge.outgoing
    THEN COLLECT { MATCH (node)-[:$(edge.type)]->(other:Entity {tenant: $tenant}) WHERE edge.label IN labels(other) RETURN other.id ORDER BY other.id }
    ELSE COLLECT { MATCH (node)<-[:$(edge.type)]-(other:Entity {tenant: $tenant}) WHERE edge.label IN labels(other) RETURN other.id ORDER BY other.id }
  END]]) AS found
