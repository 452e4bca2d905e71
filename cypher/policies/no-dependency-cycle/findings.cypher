// purpose: Find the shortest circle through each of the dependencies named.
// parameters: tenant, edges
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (source)-[:DEPENDS_ON]->(target)-[:DEPENDS_ON*]->(source)
UNWIND $edges AS edge
MATCH (source:Service {tenant: $tenant, id: edge.service_id})
MATCH (target:Service {tenant: $tenant, id: edge.target_id})
WHERE (source)-[:DEPENDS_ON]->(target)
MATCH path = shortestPath((target)-[:DEPENDS_ON*1..1000]->(source))
WHERE all(node IN nodes(path) WHERE node.tenant = $tenant)
WITH source, [source] + nodes(path) AS circle
RETURN source.id AS subject, 'circle' AS clause,
  'dependency cycle: ' + reduce(said = circle[0].name, node IN circle[1..] | said + ' -> ' + node.name) AS message,
  [node IN circle | node.id] AS node_ids, [node IN circle | 'Service'] AS node_labels,
  [node IN circle | node.name] AS node_names, [node IN circle[1..] | 'DEPENDS_ON'] AS edges
ORDER BY size(circle), subject LIMIT 10
