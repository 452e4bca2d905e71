// purpose: Lock a tenant's log and lead it: go on leading, or take over where nobody's lease holds.
// parameters: tenant, owner, fence, lease_ms, genesis
// columns: fence, seq, head
// mode: write
// No row: another one leads. The lock comes before the question, so that two that ask at once get one yes.
CYPHER replan=skip
MERGE (log:EventLog {tenant: $tenant, id: $tenant})
ON CREATE SET log.version = 0, log.created_at = datetime(), log.seq = 0, log.head = $genesis, log.fence = 0
SET log._lock = $owner
WITH log
WHERE (log.owner = $owner AND log.fence = $fence) OR log.owner IS NULL OR log.lease_until < datetime.realtime()
SET log.fence = CASE WHEN log.owner = $owner AND log.fence = $fence THEN log.fence ELSE log.fence + 1 END,
  log.owner = $owner, log.lease_until = datetime.realtime() + duration({milliseconds: $lease_ms}),
  log.version = log.version + 1, log.updated_at = datetime()
REMOVE log._lock
RETURN log.fence AS fence, log.seq AS seq, log.head AS head
