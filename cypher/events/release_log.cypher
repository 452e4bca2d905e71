// purpose: Stop leading a tenant's log, so that another one need not wait for the lease to run out.
// parameters: tenant, owner, fence
// columns: released
// mode: write
MATCH (log:EventLog {tenant: $tenant, id: $tenant})
SET log._lock = $owner
WITH log
WHERE log.owner = $owner AND log.fence = $fence
SET log.version = log.version + 1, log.updated_at = datetime()
REMOVE log.owner, log.lease_until, log._lock
RETURN count(log) AS released
