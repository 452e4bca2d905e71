// purpose: Which of these service versions exist.
// parameters: tenant, ids
// columns: ids
// mode: read
UNWIND $ids AS wanted
MATCH (version:ServiceVersion {tenant: $tenant, id: wanted})
RETURN collect(version.id) AS ids
