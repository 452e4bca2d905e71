// Holds when every one of them is there.
SHOW INDEXES YIELD name
WHERE name IN ['project_name', 'application_name', 'service_name', 'environment_name', 'environment_stage', 'service_version_image', 'deployment_status', 'deployment_application', 'deployment_environment', 'deployment_service', 'plan_state', 'plan_application', 'plan_environment', 'run_outcome', 'run_application', 'run_environment']
RETURN count(*) = 16 AS holds;
