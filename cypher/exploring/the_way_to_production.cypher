// The environments of the application's project, in the order in which a version goes through them, and what carries them out.
MATCH (:Application {tenant: $tenant, id: $application})<-[:CONTAINS]-(project:Project {tenant: $tenant})
MATCH path = (project)-[:HAS_ENVIRONMENT]->(environment:Environment {tenant: $tenant})-[:TARGETS]->(:Provider {tenant: $tenant})
OPTIONAL MATCH next = (environment)-[:PROMOTES_TO]->(:Environment {tenant: $tenant})
RETURN path, next
