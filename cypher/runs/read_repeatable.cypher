// purpose: Read the steps of a run that has ended, with what they require, and whether the plan's basis moved otherwise than by its runs.
// parameters: tenant, run_id
// columns: steps, requirements, found, removed, moved, gone, appeared
// mode: read
// (run)-[:EXECUTES]->(plan)<-[:EXECUTES]-(every), (run)-[:HAS_STEP_RUN]->(record)-[:OF]->(step)-[:REQUIRES]->(required)
MATCH (run:Run {tenant: $tenant, id: $run_id})-[:EXECUTES]->(plan:Plan {tenant: $tenant})
CALL (plan) {
  MATCH (plan)<-[:EXECUTES]-(every:Run {tenant: $tenant})
  RETURN collect(every.id) AS runs
}
CALL (run) {
  MATCH (run)-[:HAS_STEP_RUN]->(record:StepRun {tenant: $tenant})
  WITH record ORDER BY record.position
  RETURN collect([record.key, record.state]) AS steps
}
CALL (run) {
  MATCH (run)-[:HAS_STEP_RUN]->(:StepRun {tenant: $tenant})-[:OF]->(step:PlanStep {tenant: $tenant})-[:REQUIRES]->(required:PlanStep {tenant: $tenant})
  RETURN collect([step.key, required.key]) AS requirements
}
CALL (plan, runs) {
  MATCH (plan)-[read:READ]->(node:Entity {tenant: $tenant})
  RETURN count(node) AS found,
    [id IN collect(CASE WHEN node.version <> read.version AND NOT coalesce(node.run_id IN runs, false) THEN node.id END) | id] AS moved
}
CALL (plan, runs) {
  MATCH (plan)-[:HAS_STEP]->(step:PlanStep {tenant: $tenant, action: 'delete'})<-[:OF]-(record:StepRun {tenant: $tenant, state: 'succeeded'})
  WHERE record.run_id IN runs AND NOT EXISTS { (:Deployment {tenant: $tenant, id: step.key})<-[:READ]-(plan) }
  RETURN count(DISTINCT step) AS removed
}
CALL (plan) {
  MATCH (plan)-[:HAS_STEP]->(step:PlanStep {tenant: $tenant})
  WHERE step.action <> 'delete' AND NOT EXISTS { (step)-[:CHANGES]->(:Service {tenant: $tenant}) }
  RETURN collect(step.service_id) AS gone
}
CALL (plan, runs) {
  MATCH (deployment:Deployment {tenant: $tenant, application_id: plan.application_id, environment_id: plan.environment_id})
  WHERE NOT EXISTS { (plan)-[:READ]->(deployment) } AND NOT deployment.run_id IN runs
  RETURN collect(deployment.id) AS deployed
}
CALL (plan) {
  MATCH (plan)-[:FOR]->(application:Application {tenant: $tenant})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
  WHERE NOT EXISTS { (plan)-[:READ]->(service) }
  RETURN collect(service.id) AS added
}
RETURN steps, requirements, found, removed, moved, gone, deployed + added AS appeared
