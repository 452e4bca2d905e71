// Services whose desired version does not run in the environment.
MATCH (:Application {tenant: $tenant, id: $application})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
WHERE NOT EXISTS {
  MATCH (version)<-[:RUNS]-(:Deployment {tenant: $tenant, status: 'succeeded'})-[:IN]->(:Environment {tenant: $tenant, id: $environment})
}
RETURN service.name AS service, version.name AS desired, version.image AS image
ORDER BY service LIMIT 500
