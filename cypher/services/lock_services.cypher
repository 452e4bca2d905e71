// purpose: Lock services until the transaction ends and say what they are.
// parameters: tenant, ids, operation
// columns: id, version, description, desired_id
// mode: write
// (service)-[:DESIRES]->(desired)
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})
SET service._lock = $operation
WITH service
REMOVE service._lock
WITH service
OPTIONAL MATCH (service)-[:DESIRES]->(desired:ServiceVersion {tenant: $tenant})
RETURN service.id AS id, service.version AS version, service.description AS description, desired.id AS desired_id
