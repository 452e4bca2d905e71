// purpose: Draw edges of one type from locked nodes to others; a row whose other end is missing makes nothing.
// parameters: tenant, rows, type, outgoing, label
// columns: made
// mode: write
// (node)-[$type, outgoing or not]-(other:$label); a row is [node, other]
UNWIND $rows AS row
MATCH (node:Entity {tenant: $tenant, id: row[0]})
MATCH (other:Entity {tenant: $tenant, id: row[1]})
WHERE $label IN labels(other)
FOREACH (source IN CASE WHEN $outgoing THEN [node] ELSE [] END | MERGE (source)-[:$($type)]->(other))
FOREACH (source IN CASE WHEN $outgoing THEN [] ELSE [node] END | MERGE (source)<-[:$($type)]-(other))
RETURN collect([node.id, other.id]) AS made
