// purpose: Raise the version of services whose edges have changed.
// parameters: tenant, ids
// columns: touched
// mode: write
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})
SET service.version = service.version + 1, service.updated_at = datetime()
RETURN count(service) AS touched
