// purpose: Where a tenant's log ends: the newest number and hash.
// parameters: tenant
// columns: seq, head
// mode: read
CYPHER replan=skip
MATCH (log:EventLog {tenant: $tenant, id: $tenant})
RETURN log.seq AS seq, log.head AS head
