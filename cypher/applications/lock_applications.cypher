// purpose: Lock applications until the transaction ends and say what they are.
// parameters: tenant, ids, operation
// columns: id, version, description
// mode: write
UNWIND $ids AS wanted
MATCH (application:Application {tenant: $tenant, id: wanted})
SET application._lock = $operation
WITH application
REMOVE application._lock
RETURN application.id AS id, application.version AS version, application.description AS description
