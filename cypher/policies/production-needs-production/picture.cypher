// purpose: Show what the services of an application need, and where that runs.
// parameters: tenant, application_id
// columns: path
// mode: read
// (service)-[:DEPENDS_ON]->(needed)<-[:OF]-(deployment)-[:IN]->(environment)
MATCH path = (application:Application {tenant: $tenant, id: $application_id})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[:DEPENDS_ON]->(needed:Service {tenant: $tenant})<-[:OF]-(running:Deployment {tenant: $tenant})-[:IN]->(place:Environment {tenant: $tenant})
WHERE running.status = 'succeeded'
RETURN path LIMIT 300
