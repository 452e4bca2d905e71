// purpose: All that a change of a node reaches, with the edges over which it does.
// parameters: tenant, id, change, limit, edge_limit
// columns: nodes, edges
// mode: read
// (whole)-[:CONTAINS|HAS_ENVIRONMENT|HAS_SERVICE|HAS_VERSION]->(part), (user)-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS|PROMOTES_TO]->(needed)
// One thing is followed from itself; a whole from what is outside of it and needs a part. Each search prunes what it has
// seen: the paths are checked but never returned, which is what keeps it in proportion to the edges.
// nodes are [label, ids, versions] a label, the node's own among them; edges [type, kind, ids from, ids to] a type and kind,
// as they are in the graph. No row: there is no such node.
MATCH (node:Entity {tenant: $tenant, id: $id})
CALL (node) {
  MATCH path = (node)-[:CONTAINS|HAS_ENVIRONMENT|HAS_SERVICE*0..2]->(part {tenant: $tenant})
  WHERE all(each IN nodes(path) WHERE each.tenant = $tenant)
  RETURN collect(part) AS parts
}
CALL (node, parts) {
  UNWIND parts AS part
  MATCH (part)-[:HAS_VERSION]->(other:ServiceVersion {tenant: $tenant}) WHERE $change = 'delete'
  RETURN collect(other) AS versions
}
CALL (node, parts) {
  UNWIND parts AS part
  MATCH (part)<-[:PROMOTES_TO]-(other:Environment {tenant: $tenant}) WHERE $change = 'delete' AND NOT other IN parts
  RETURN collect(DISTINCT other) AS earlier
}
CALL (parts) {
  CALL (parts) {
    UNWIND CASE WHEN size(parts) = 1 THEN parts ELSE [] END AS seed
    RETURN seed
    UNION
    UNWIND CASE WHEN size(parts) > 1 THEN parts ELSE [] END AS part
    MATCH (part)<-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS]-(seed {tenant: $tenant}) WHERE NOT seed IN parts
    RETURN seed
  }
  WITH seed AS origin
  MATCH path = (origin)<-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS*0..]-(user {tenant: $tenant})
  WHERE all(each IN nodes(path) WHERE each.tenant = $tenant)
  WITH DISTINCT user LIMIT $limit
  RETURN collect(user) AS users
}
CALL (parts, versions, earlier, users) {
  UNWIND parts + versions + earlier + users AS each
  WITH DISTINCT each
  WITH head([label IN labels(each) WHERE label <> 'Entity']) AS label, collect(each.id) AS ids, collect(each.version) AS numbers
  RETURN collect([label, ids, numbers]) AS nodes
}
CALL (parts, users) {
  CALL (parts, users) {
    UNWIND parts + users AS needed
    WITH DISTINCT needed
    MATCH (needed)<-[edge:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS]-(user {tenant: $tenant})
    RETURN edge, user.id AS start, needed.id AS end
    UNION ALL
    UNWIND parts AS needed
    MATCH (needed)<-[edge:PROMOTES_TO]-(user:Environment {tenant: $tenant}) WHERE $change = 'delete'
    RETURN edge, user.id AS start, needed.id AS end
    UNION ALL
    UNWIND parts AS whole
    MATCH (whole)-[edge:CONTAINS|HAS_ENVIRONMENT|HAS_SERVICE|HAS_VERSION]->(part {tenant: $tenant}) WHERE $change = 'delete' OR type(edge) <> 'HAS_VERSION'
    RETURN edge, whole.id AS start, part.id AS end
  }
  WITH edge, start, end LIMIT $edge_limit
  WITH type(edge) AS type, edge.kind AS kind, collect(start) AS starts, collect(end) AS ends
  RETURN collect([type, kind, starts, ends]) AS edges
}
RETURN nodes, edges
