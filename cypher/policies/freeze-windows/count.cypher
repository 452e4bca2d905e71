// purpose: How many freezes there are of an environment or its project, whether they hold or not.
// parameters: tenant, environment_id
// columns: total
// mode: read
// (freeze)-[:FREEZES]->(environment|project)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})<-[:HAS_ENVIRONMENT]-(project:Project {tenant: $tenant})
RETURN COUNT { MATCH (:Freeze {tenant: $tenant})-[:FREEZES]->(environment) }
  + COUNT { MATCH (:Freeze {tenant: $tenant})-[:FREEZES]->(project) } AS total
