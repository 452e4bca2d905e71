// Holds when every one of them is there.
SHOW CONSTRAINTS YIELD name
WHERE name IN ['tenant_key', 'team_key', 'user_key', 'provider_key', 'project_key', 'environment_key', 'application_key', 'service_key', 'service_version_key', 'deployment_key', 'plan_key', 'plan_step_key', 'run_key', 'step_run_key', 'policy_key', 'event_key', 'event_log_key', 'operation_key', 'entity_key']
RETURN count(*) = 19 AS holds;
