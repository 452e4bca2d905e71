// purpose: Whether anything of a tenant has changed: where its log ends, and whether events still wait for their number.
// parameters: tenant
// columns: seq, pending
// mode: read
CYPHER replan=skip
OPTIONAL MATCH (log:EventLog {tenant: $tenant, id: $tenant})
RETURN coalesce(log.seq, 0) AS seq, EXISTS { MATCH (event:Event {tenant: $tenant, pending: true}) } AS pending
