// purpose: Say which version of a service is to be deployed next.
// parameters: tenant, rows
// columns: desired
// mode: write
// (service)-[:DESIRES]->(version); a row is [service, version]
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row[0]})-[:HAS_VERSION]->(version:ServiceVersion {tenant: $tenant, id: row[1]})
OPTIONAL MATCH (service)-[old:DESIRES]->(:ServiceVersion {tenant: $tenant})
DELETE old
CREATE (service)-[:DESIRES]->(version)
RETURN count(*) AS desired
