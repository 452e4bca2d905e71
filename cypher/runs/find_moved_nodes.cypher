// purpose: Compare what a plan was computed from with what is there now.
// parameters: tenant, plan_id
// columns: found, moved, gone, appeared
// mode: read
// (plan)-[:READ {version}]->(node), (plan)-[:HAS_STEP]->(step), (application)-[:HAS_SERVICE]->(service)
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
CALL (plan) {
  MATCH (plan)-[read:READ]->(node:Entity {tenant: $tenant})
  RETURN count(node) AS found, [id IN collect(CASE WHEN node.version <> read.version THEN node.id END) | id] AS moved
}
CALL (plan) {
  MATCH (plan)-[:HAS_STEP]->(step:PlanStep {tenant: $tenant})
  WHERE step.action <> 'delete' AND NOT EXISTS { (step)-[:CHANGES]->(:Service {tenant: $tenant}) }
  RETURN collect(step.service_id) AS gone
}
CALL (plan) {
  MATCH (deployment:Deployment {tenant: $tenant, application_id: plan.application_id, environment_id: plan.environment_id})
  WHERE NOT EXISTS { (plan)-[:READ]->(deployment) }
  RETURN collect(deployment.id) AS deployed
}
CALL (plan) {
  MATCH (plan)-[:FOR]->(application:Application {tenant: $tenant})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
  WHERE NOT EXISTS { (plan)-[:READ]->(service) }
  RETURN collect(service.id) AS added
}
RETURN found, moved, gone, deployed + added AS appeared
