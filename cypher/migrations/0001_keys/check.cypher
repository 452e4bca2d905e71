// Returns one row for each key that is missing.
SHOW CONSTRAINTS YIELD name
WITH collect(name) AS present
UNWIND ['tenant_key', 'team_key', 'user_key', 'provider_key', 'project_key', 'environment_key', 'application_key', 'service_key', 'service_version_key', 'deployment_key', 'plan_key', 'plan_step_key', 'run_key', 'step_run_key', 'policy_key', 'event_key', 'event_log_key', 'operation_key'] AS wanted
WITH wanted, present WHERE NOT wanted IN present
RETURN wanted AS missing;
