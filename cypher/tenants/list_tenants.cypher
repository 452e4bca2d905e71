// purpose: The tenants of this installation; asked by the processes that serve them all.
// parameters: tenant
// columns: id
// mode: read
MATCH (tenant:Tenant)
WHERE tenant.tenant = tenant.id AND $tenant = 'system'
RETURN tenant.id AS id ORDER BY id
