// What runs where, and whether it is what the service desires by now.
MATCH (:Application {tenant: $tenant, id: $application})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
MATCH (deployment:Deployment {tenant: $tenant})-[:OF]->(service)
MATCH (deployment)-[:IN]->(environment:Environment {tenant: $tenant})
OPTIONAL MATCH (deployment)-[:RUNS]->(version:ServiceVersion {tenant: $tenant})
RETURN environment.name AS environment, service.name AS service, version.name AS runs, deployment.status AS status,
  EXISTS { (service)-[:DESIRES]->(version) } AS current, deployment.deployed_at AS since
ORDER BY environment, service LIMIT 500
