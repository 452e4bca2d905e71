// Holds when every one of them is there.
SHOW INDEXES YIELD name
WHERE name IN ['application_created_at', 'application_updated_at', 'service_created_at', 'service_updated_at', 'service_version_created_at', 'deployment_created_at', 'deployment_updated_at', 'deployment_deployed_at', 'plan_created_at', 'run_created_at']
RETURN count(*) = 10 AS holds;
