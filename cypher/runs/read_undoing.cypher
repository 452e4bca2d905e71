// purpose: Read what a run has done or may have done, with what ran before, so that it can be undone.
// parameters: tenant, run_id
// columns: namespace, kinds, steps, requirements
// mode: read
// The version that ran before is in the step's lines; where only the provider or the outcome differed, it is the same.
// (run)-[:HAS_STEP_RUN]->(record)-[:OF]->(step)-[:REQUIRES]->(required)
MATCH (run:Run {tenant: $tenant, id: $run_id})
OPTIONAL MATCH (environment:Environment {tenant: $tenant, id: run.environment_id})
OPTIONAL MATCH (environment)-[:TARGETS]->(provider:Provider {tenant: $tenant})
CALL (run) {
  MATCH (run)-[:HAS_STEP_RUN]->(record:StepRun {tenant: $tenant})-[:OF]->(step:PlanStep {tenant: $tenant})
  WHERE record.state = 'succeeded' OR (record.state IN ['failed', 'error', 'unknown'] AND record.mark IS NOT NULL)
  WITH step, [line IN step.before WHERE line STARTS WITH 'version=' | substring(line, 8)][0] AS named
  WITH step, CASE WHEN step.action = 'create' THEN null ELSE coalesce(named, step.version_id) END AS previous_id
  OPTIONAL MATCH (now:ServiceVersion {tenant: $tenant, id: step.version_id})
  OPTIONAL MATCH (previous:ServiceVersion {tenant: $tenant, id: previous_id})
  WITH step, previous_id, now, previous ORDER BY step.position
  RETURN collect([step.key, step.action, step.kind, step.service_id, step.service_name, step.provider, step.previous_provider,
    step.depends_on, step.version_id, previous_id,
    CASE WHEN now IS NULL THEN null ELSE [now.id, now.image, now.replicas, now.ports, now.environment, now.command, now.args,
      now.cpu_request, now.cpu_limit, now.memory_request, now.memory_limit, now.probe_kind, now.probe_port, now.probe_path,
      now.deadline_seconds] END,
    CASE WHEN previous IS NULL THEN null ELSE [previous.id, previous.image, previous.replicas, previous.ports,
      previous.environment, previous.command, previous.args, previous.cpu_request, previous.cpu_limit,
      previous.memory_request, previous.memory_limit, previous.probe_kind, previous.probe_port, previous.probe_path,
      previous.deadline_seconds] END]) AS steps
}
CALL (run) {
  MATCH (run)-[:HAS_STEP_RUN]->(:StepRun {tenant: $tenant})-[:OF]->(step:PlanStep {tenant: $tenant})-[:REQUIRES]->(required:PlanStep {tenant: $tenant})
  RETURN collect([step.key, required.key]) AS requirements
}
RETURN environment.namespace AS namespace, provider.kinds AS kinds, steps, requirements
