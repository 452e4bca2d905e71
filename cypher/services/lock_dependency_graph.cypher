// purpose: Let only one transaction at a time add dependencies in a tenant, so that no two close a circle together.
// parameters: tenant, operation
// columns: id
// mode: write
MATCH (tenant:Tenant {tenant: $tenant, id: $tenant})
SET tenant._lock = $operation
REMOVE tenant._lock
RETURN tenant.id AS id
