// purpose: Which of these template versions exist, and what they hold, by digest.
// parameters: tenant, ids
// columns: id, digest
// mode: read
UNWIND $ids AS wanted
MATCH (version:TemplateVersion {tenant: $tenant, id: wanted})
RETURN version.id AS id, version.digest AS digest
