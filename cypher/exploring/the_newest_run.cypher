// The newest run of the application in the environment, step by step: what became of each, how long it took, what it waited for.
MATCH (run:Run {tenant: $tenant, application_id: $application, environment_id: $environment})
WITH run ORDER BY run.created_at DESC, run.id DESC LIMIT 1
MATCH (run)-[:HAS_STEP_RUN]->(record:StepRun {tenant: $tenant})
RETURN record.service_name AS service, record.action AS action, record.state AS state, record.attempt AS attempts,
  record.started_at AS started, record.duration_ms AS milliseconds, size(record.waiting_for) AS waited_for, record.error AS error
ORDER BY record.started_at, record.position LIMIT 1000
