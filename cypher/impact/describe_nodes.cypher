// purpose: What nodes are called, how they are doing, and in which environments they run.
// parameters: tenant, ids
// columns: id, label, name, status, environments
// mode: read
// (service)<-[:OF]-(deployment), (version)<-[:RUNS]-(deployment), (application)-[:HAS_SERVICE]->(service)
UNWIND $ids AS wanted
MATCH (node:Entity {tenant: $tenant, id: wanted})
CALL (node) {
  CALL (node) {
    MATCH (node)<-[:OF|RUNS]-(deployment:Deployment {tenant: $tenant}) WHERE deployment.version_id IS NOT NULL
    RETURN deployment.environment_id AS environment
    UNION
    MATCH (node)-[:HAS_SERVICE]->(:Service {tenant: $tenant})<-[:OF]-(deployment:Deployment {tenant: $tenant})
    WHERE deployment.version_id IS NOT NULL
    RETURN deployment.environment_id AS environment
    UNION
    MATCH (node)-[:IN]->(environment:Environment {tenant: $tenant})
    RETURN environment.id AS environment
    UNION
    WITH node WHERE node:Environment
    RETURN node.id AS environment
  }
  WITH environment ORDER BY environment
  RETURN collect(environment) AS environments
}
RETURN node.id AS id, head([label IN labels(node) WHERE label <> 'Entity']) AS label, node.name AS name,
  CASE WHEN node:Deployment THEN node.status END AS status, environments
