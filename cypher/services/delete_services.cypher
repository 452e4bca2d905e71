// purpose: Delete services with their versions; what runs of them stays recorded until a plan removes it.
// parameters: tenant, ids
// columns: id
// mode: write
// (service)-[:HAS_VERSION]->(version)
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})
OPTIONAL MATCH (service)-[:HAS_VERSION]->(version:ServiceVersion {tenant: $tenant})
WITH service, service.id AS id, collect(version) AS versions
FOREACH (version IN versions | DETACH DELETE version)
DETACH DELETE service
RETURN id
