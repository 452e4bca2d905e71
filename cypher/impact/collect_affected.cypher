// purpose: The ids of all that a change of a node reaches; of a whole's parts, of what needs them, and of what needs that.
// parameters: tenant, id, change, limit
// columns: users, others
// mode: read
// (whole)-[:CONTAINS|HAS_ENVIRONMENT|HAS_SERVICE|HAS_VERSION]->(part), (user)-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS|PROMOTES_TO]->(needed)
// One thing is followed from itself; a whole from what is outside of it and needs a part. Each search prunes what it has
// seen: the paths are checked but never returned, which is what keeps it in proportion to the edges. From one thing the
// database knows that it meets each user once, and their tenants are checked with the paths: neither is asked again.
// The node itself and parts may be among the users. No row: there is no such node.
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
CALL (node, parts) {
  WITH node, parts WHERE size(parts) = 1
  MATCH path = (node)<-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS*0..]-(user)
  WHERE all(each IN nodes(path) WHERE each.tenant = $tenant)
  WITH DISTINCT user LIMIT $limit
  RETURN collect(user.id) AS users_of_one
}
CALL (parts) {
  UNWIND CASE WHEN size(parts) > 1 THEN parts ELSE [] END AS part
  MATCH (part)<-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS]-(seed {tenant: $tenant}) WHERE NOT seed IN parts
  WITH DISTINCT seed
  MATCH path = (seed)<-[:DEPENDS_ON|OF|RUNS|IN|DESIRES|TARGETS*0..]-(user)
  WHERE all(each IN nodes(path) WHERE each.tenant = $tenant)
  WITH DISTINCT user LIMIT $limit
  RETURN collect(user.id) AS users_of_parts
}
RETURN CASE size(parts) WHEN 1 THEN users_of_one ELSE users_of_parts END AS users,
  [each IN parts + versions + earlier | each.id] AS others
