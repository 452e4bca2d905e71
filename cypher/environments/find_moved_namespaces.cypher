// purpose: Find the environments in which something is deployed under another namespace than the one wanted.
// parameters: tenant, rows
// columns: id, namespace, deployment_id
// mode: read
// (deployment)-[:IN]->(environment)
UNWIND $rows AS row
MATCH (environment:Environment {tenant: $tenant, id: row.id})
WHERE environment.namespace <> row.namespace
MATCH (environment)<-[:IN]-(deployment:Deployment {tenant: $tenant})
RETURN environment.id AS id, environment.namespace AS namespace, min(deployment.id) AS deployment_id
ORDER BY id
