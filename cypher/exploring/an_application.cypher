// An application: its services and who calls whom. An edge of kind hard orders a deployment, a soft one does not.
MATCH path = (:Application {tenant: $tenant, id: $application})-[:HAS_SERVICE]->(:Service {tenant: $tenant})
OPTIONAL MATCH call = (:Application {tenant: $tenant, id: $application})-[:HAS_SERVICE]->(:Service {tenant: $tenant})-[:DEPENDS_ON]->(:Service {tenant: $tenant})
RETURN path, call
