// purpose: Where edges lead from nodes: to which nodes of a label, but for those that are named as leaving.
// parameters: tenant, rows, leaving, most
// columns: start_id, id, label
// mode: read
// (node)-[type, outgoing or not]-(other:label); a row is [start, node, type, outgoing, label]
UNWIND $rows AS row
MATCH (node:Entity {tenant: $tenant, id: row[1]})
CALL (node, row) {
  WITH node, row WHERE row[3]
  MATCH (node)-[:$(row[2])]->(other:Entity {tenant: $tenant})
  WHERE row[4] IN labels(other)
  RETURN other
  UNION ALL
  WITH node, row WHERE NOT row[3]
  MATCH (node)<-[:$(row[2])]-(other:Entity {tenant: $tenant})
  WHERE row[4] IN labels(other)
  RETURN other
}
WITH DISTINCT row[0] AS start_id, other.id AS id, row[4] AS label
WHERE NOT id IN $leaving
RETURN start_id, id, label
ORDER BY id, start_id LIMIT $most
