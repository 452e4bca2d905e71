// purpose: Which of these service versions exist.
// parameters: tenant, ids
// columns: id
// mode: read
UNWIND $ids AS wanted
MATCH (version:ServiceVersion {tenant: $tenant, id: wanted})
RETURN version.id AS id
