// purpose: Say which version of a service is to be deployed next.
// parameters: tenant, rows
// columns: id
// mode: write
// (service)-[:DESIRES]->(version)
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row.service_id})-[:HAS_VERSION]->(version:ServiceVersion {tenant: $tenant, id: row.id})
OPTIONAL MATCH (service)-[old:DESIRES]->(:ServiceVersion {tenant: $tenant})
DELETE old
CREATE (service)-[:DESIRES]->(version)
RETURN service.id AS id
