// purpose: The tenants with what their log knows: its end, who numbers it, and whether events wait for a number.
// parameters: tenant, among
// columns: log_tenant, seq, owner, leased, pending
// mode: read
// Asked by the processes that number events, in the name of the tenant 'system'; `among` names
// the tenants they serve, null for all.
MATCH (tenant:Tenant)
WHERE $tenant = 'system' AND tenant.tenant = tenant.id AND ($among IS NULL OR tenant.id IN $among)
OPTIONAL MATCH (log:EventLog {tenant: tenant.id, id: tenant.id})
RETURN tenant.id AS log_tenant, coalesce(log.seq, 0) AS seq, log.owner AS owner,
  coalesce(log.lease_until > datetime.realtime(), false) AS leased,
  EXISTS { MATCH (event:Event {tenant: tenant.id, pending: true}) } AS pending
ORDER BY log_tenant
