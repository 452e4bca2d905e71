// purpose: Find the shortest way from each of these public services to one that holds sensitive data.
// parameters: tenant, services, classes
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (public)-[:DEPENDS_ON*0..]->(sensitive); the search prunes what it has seen, then the shortest path is asked for
UNWIND $services AS wanted
MATCH (public:Service {tenant: $tenant, id: wanted})
WHERE public.exposure = 'public'
CALL (public) {
  MATCH path = (public)-[:DEPENDS_ON*0..]->(sensitive:Service {tenant: $tenant})
  WHERE all(each IN nodes(path) WHERE each.tenant = $tenant) AND sensitive.data_class IN $classes
  WITH DISTINCT sensitive LIMIT 100
  RETURN collect(sensitive) AS reached
}
CALL (public, reached) {
  UNWIND reached AS sensitive
  WITH sensitive WHERE sensitive = public
  RETURN [public] AS way, 0 AS length
  UNION
  UNWIND reached AS sensitive
  WITH sensitive WHERE sensitive <> public
  MATCH path = shortestPath((public)-[:DEPENDS_ON*1..1000]->(sensitive))
  WHERE all(node IN nodes(path) WHERE node.tenant = $tenant)
  RETURN nodes(path) AS way, length(path) AS length
}
WITH public, way, length ORDER BY length, way[-1].id
WITH public, collect(way)[0] AS way
RETURN public.id AS subject, CASE WHEN size(way) = 1 THEN 'direct' ELSE 'path' END AS clause,
  public.name + ' is public and ' + CASE WHEN size(way) = 1 THEN 'holds ' ELSE 'leads to ' + way[-1].name + ', which holds ' END
    + way[-1].data_class + ' data' AS message,
  [node IN way | node.id] AS node_ids, [node IN way | 'Service'] AS node_labels,
  [node IN way | node.name] AS node_names, [node IN way[1..] | 'DEPENDS_ON'] AS edges
ORDER BY size(way) DESC, subject LIMIT 100
