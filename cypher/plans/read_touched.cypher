// purpose: The services of other applications that need some services, directly or over others, themselves among them.
// parameters: tenant, ids, within, limit
// columns: id, version
// mode: read
// (user)-[:DEPENDS_ON]->(service)
// Each search prunes what it has seen: its paths are checked and never returned.
UNWIND $ids AS wanted
MATCH (origin:Service {tenant: $tenant, id: wanted})
CALL (origin) {
  MATCH path = (origin)<-[:DEPENDS_ON*0..]-(user:Service {tenant: $tenant})
  WHERE all(each IN nodes(path) WHERE each.tenant = $tenant)
  WITH DISTINCT user LIMIT $limit
  RETURN user
}
WITH DISTINCT user
WHERE NOT user.id STARTS WITH $within
RETURN user.id AS id, user.version AS version ORDER BY id LIMIT $limit
