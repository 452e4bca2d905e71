// purpose: Everything that a node needs, directly or through others, and the edges over which it does.
// parameters: tenant, id, limit, edge_limit
// columns: found, edges
// mode: read
// (node)-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS]->(needed)
// edges are [type, kind, ids from, ids to] a type and kind. The search prunes what it has seen; it returns no path.
// No row: there is no such node.
MATCH (node:Entity {tenant: $tenant, id: $id})
CALL (node) {
  MATCH path = (node)-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS*0..]->(needed {tenant: $tenant})
  WHERE all(each IN nodes(path) WHERE each.tenant = $tenant)
  WITH DISTINCT needed LIMIT $limit
  RETURN collect(needed) AS reached
}
CALL (reached) {
  UNWIND reached AS user
  MATCH (user)-[edge:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS]->(needed {tenant: $tenant})
  WITH edge, user.id AS start, needed.id AS end LIMIT $edge_limit
  WITH type(edge) AS type, edge.kind AS kind, collect(start) AS starts, collect(end) AS ends
  RETURN collect([type, kind, starts, ends]) AS edges
}
RETURN size(reached) AS found, edges
