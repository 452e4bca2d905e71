// purpose: How many nodes of each label a change of a node reaches.
// parameters: tenant, id, change, limit
// columns: counts
// mode: read
// (whole)-[:CONTAINS|HAS_ENVIRONMENT|HAS_SERVICE|HAS_VERSION]->(part), (user)-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS|PROMOTES_TO]->(needed)
// One thing is followed from itself; a whole from what is outside of it and needs a part. Each search prunes what it has
// seen: the paths are checked but never returned, which is what keeps it in proportion to the edges.
// An entry is [label, count]; nodes beyond the limit are not counted. No row: there is no such node.
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
CALL (node, parts, versions, earlier, users) {
  UNWIND users + CASE WHEN size(parts) + size(versions) + size(earlier) = 1 THEN [] ELSE parts + versions + earlier END AS each
  WITH DISTINCT each WHERE each <> node
  WITH head([label IN labels(each) WHERE label <> 'Entity']) AS label, count(*) AS number
  RETURN collect([label, number]) AS counts
}
RETURN counts
