// purpose: Show the freezes of an environment and its project.
// parameters: tenant, environment_id
// columns: path
// mode: read
// (freeze)-[:FREEZES]->(environment|project)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
CALL (environment) {
  MATCH path = (:Freeze {tenant: $tenant})-[:FREEZES]->(environment)
  RETURN path
  UNION
  MATCH path = (:Freeze {tenant: $tenant})-[:FREEZES]->(:Project {tenant: $tenant})-[:HAS_ENVIRONMENT]->(environment)
  RETURN path
}
RETURN path LIMIT 100
