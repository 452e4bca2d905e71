// purpose: Find the freezes that hold for an environment.
// parameters: tenant, environment_id, at
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (freeze)-[:FREEZES]->(environment), or (freeze)-[:FREEZES]->(project)-[:HAS_ENVIRONMENT]->(environment)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
CALL (environment) {
  MATCH (freeze:Freeze {tenant: $tenant})-[:FREEZES]->(environment)
  RETURN freeze, [] AS between
  UNION ALL
  MATCH (freeze:Freeze {tenant: $tenant})-[:FREEZES]->(project:Project {tenant: $tenant})-[:HAS_ENVIRONMENT]->(environment)
  RETURN freeze, [project] AS between
}
WITH environment, freeze, between
WHERE freeze.from <= datetime($at) AND datetime($at) < freeze.until
RETURN environment.id AS subject, CASE WHEN size(between) = 0 THEN 'environment' ELSE 'project' END AS clause,
  environment.name + ' is frozen until ' + toString(freeze.until) + ': ' + freeze.reason AS message,
  [freeze.id] + [each IN between | each.id] + [environment.id] AS node_ids,
  ['Freeze'] + [each IN between | 'Project'] + ['Environment'] AS node_labels,
  [freeze.name] + [each IN between | each.name] + [environment.name] AS node_names,
  ['FREEZES'] + [each IN between | 'HAS_ENVIRONMENT'] AS edges
ORDER BY freeze.until DESC, freeze.id LIMIT 10
