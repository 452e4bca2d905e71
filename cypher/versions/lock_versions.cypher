// purpose: Lock service versions until the transaction ends and say what they are.
// parameters: tenant, ids, operation
// columns: id, version, image, digest
// mode: write
UNWIND $ids AS wanted
MATCH (version:ServiceVersion {tenant: $tenant, id: wanted})
SET version._lock = $operation
WITH version
REMOVE version._lock
RETURN version.id AS id, version.version AS version, version.image AS image, version.digest AS digest
