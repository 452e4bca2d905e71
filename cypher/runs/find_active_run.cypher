// purpose: Find the run that is under way for an application in an environment.
// parameters: tenant, application_id, environment_id
// columns: id, state
// mode: read
MATCH (run:Run {tenant: $tenant, application_id: $application_id, environment_id: $environment_id})
WHERE run.state IN ['queued', 'running', 'paused', 'cancelling']
RETURN run.id AS id, run.state AS state ORDER BY id LIMIT 1
