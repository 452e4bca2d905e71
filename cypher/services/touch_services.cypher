// purpose: Raise the version of services whose edges have changed.
// parameters: tenant, ids
// columns: id, version
// mode: write
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})
SET service.version = service.version + 1, service.updated_at = datetime()
RETURN service.id AS id, service.version AS version
