// purpose: Take away edges of one type between locked nodes and others.
// parameters: tenant, rows, type, outgoing
// columns: removed
// mode: write
// (node)-[$type, outgoing or not]-(other); a row is [node, other]
UNWIND $rows AS row
MATCH (node:Entity {tenant: $tenant, id: row[0]})-[edge:$($type)]-(other:Entity {tenant: $tenant, id: row[1]})
WHERE (startNode(edge) = node) = $outgoing
DELETE edge
RETURN count(*) AS removed
