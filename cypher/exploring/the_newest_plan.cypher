// The newest plan of the application in the environment, as a picture: its steps, what they wait for, what they change.
MATCH (plan:Plan {tenant: $tenant, application_id: $application, environment_id: $environment})
WITH plan ORDER BY plan.created_at DESC, plan.id DESC LIMIT 1
MATCH path = (plan)-[:HAS_STEP]->(step:PlanStep {tenant: $tenant})
OPTIONAL MATCH wait = (step)-[:REQUIRES]->(:PlanStep {tenant: $tenant})
OPTIONAL MATCH change = (step)-[:CHANGES]->(:Service {tenant: $tenant})
RETURN path, wait, change
