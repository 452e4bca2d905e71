// purpose: Read all that is needed to carry out the steps of a run, in lists with one entry a step.
// parameters: tenant, run_id
// columns: steps, requirements
// mode: read
// (run)-[:HAS_STEP_RUN]->(record)-[:OF]->(step)-[:REQUIRES]->(required)
CYPHER replan=skip
MATCH (run:Run {tenant: $tenant, id: $run_id})
CALL (run) {
  MATCH (run)-[:HAS_STEP_RUN]->(record:StepRun {tenant: $tenant})-[:OF]->(step:PlanStep {tenant: $tenant})
  OPTIONAL MATCH (version:ServiceVersion {tenant: $tenant, id: step.version_id})
  WITH record, step, version ORDER BY record.position
  RETURN collect([record.id, record.key, record.state, record.mark, record.attempt, record.waiting_for, step.action,
    step.kind, step.wave, step.service_id, step.service_name, step.provider, step.previous_provider, step.depends_on,
    step.version_id, step.before, step.after, version.id, version.image, version.replicas, version.ports,
    version.environment, version.command, version.args, version.cpu_request, version.cpu_limit, version.memory_request,
    version.memory_limit, version.probe_kind, version.probe_port, version.probe_path, version.deadline_seconds]) AS steps
}
CALL (run) {
  MATCH (run)-[:HAS_STEP_RUN]->(:StepRun {tenant: $tenant})-[:OF]->(step:PlanStep {tenant: $tenant})-[:REQUIRES]->(required:PlanStep {tenant: $tenant})
  RETURN collect([step.key, required.key]) AS requirements
}
RETURN steps, requirements
