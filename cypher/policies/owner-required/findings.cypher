// purpose: Find out whether a team with a member owns the application's project.
// parameters: tenant, application_id
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (user)-[:MEMBER_OF]->(team)-[:OWNS]->(project)-[:CONTAINS]->(application)
MATCH (application:Application {tenant: $tenant, id: $application_id})<-[:CONTAINS]-(project:Project {tenant: $tenant})
OPTIONAL MATCH (project)<-[:OWNS]-(team:Team {tenant: $tenant})
WITH application, project, team ORDER BY team.id
WITH application, project, collect(team) AS teams,
  [team IN collect(team) WHERE EXISTS { MATCH (team)<-[:MEMBER_OF]-(:User {tenant: $tenant}) }] AS staffed
WHERE size(staffed) = 0
WITH application, project, [each IN [teams[0]] WHERE each IS NOT NULL] AS owners
RETURN application.id AS subject, CASE WHEN size(owners) = 0 THEN 'no-team' ELSE 'no-member' END AS clause,
  CASE WHEN size(owners) = 0 THEN 'no team owns ' + project.name ELSE 'team ' + owners[0].name + ', which owns ' + project.name + ', has no member' END AS message,
  [each IN owners | each.id] + [project.id, application.id] AS node_ids,
  [each IN owners | 'Team'] + ['Project', 'Application'] AS node_labels,
  [each IN owners | each.name] + [project.name, application.name] AS node_names,
  [each IN owners | 'OWNS'] + ['CONTAINS'] AS edges
