// purpose: Delete a service version that nothing runs or desires.
// parameters: tenant, id
// columns: id
// mode: write
MATCH (version:ServiceVersion {tenant: $tenant, id: $id})
WITH version, version.id AS id
DETACH DELETE version
RETURN id
