// purpose: Find out whether more services than allowed need those that change, and do not change themselves.
// parameters: tenant, application_id, environment_id, planned, most, stages
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (affected)-[:DEPENDS_ON*]->(service); from those that need a changing one directly on, the search prunes what it has seen
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
MATCH (application:Application {tenant: $tenant, id: $application_id})
CALL () {
  UNWIND $planned AS planned
  WITH planned WHERE planned.changes
  MATCH (service:Service {tenant: $tenant, id: planned.service_id})
  RETURN collect(service) AS changing
}
CALL (changing) {
  UNWIND changing AS service
  MATCH (service)<-[:DEPENDS_ON]-(user:Service {tenant: $tenant})
  WITH DISTINCT user, collect(service)[0] AS service
  WHERE NOT user IN changing
  WITH user, service ORDER BY user.id
  RETURN collect([user, service]) AS nearest
}
CALL (nearest, changing) {
  UNWIND nearest AS pair
  WITH pair[0] AS near
  MATCH path = (near)<-[:DEPENDS_ON*0..]-(user:Service {tenant: $tenant})
  WHERE all(each IN nodes(path) WHERE each.tenant = $tenant)
  WITH DISTINCT user WHERE NOT user IN changing
  RETURN count(user) AS affected
}
WITH application, environment, changing, nearest[0] AS pair, affected
WHERE affected > $most
RETURN application.id AS subject, 'too-many' AS clause,
  toString(affected) + ' services that do not change need what changes in ' + environment.name + ', more than ' + toString($most) + ': somebody else has to approve it' AS message,
  [pair[0].id, pair[1].id] AS node_ids, ['Service', 'Service'] AS node_labels,
  [pair[0].name, pair[1].name] AS node_names, ['DEPENDS_ON'] AS edges
