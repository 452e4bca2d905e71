// purpose: Give events their numbers and hashes, and move the end of the log there.
// parameters: tenant, owner, fence, entries, seq, head
// columns: numbered
// mode: write
// An entry is [id, seq, hash, previous hash].
// None numbered: another one leads by now, and nothing was written.
CYPHER replan=skip
MATCH (log:EventLog {tenant: $tenant, id: $tenant})
SET log._lock = $owner
WITH log
WHERE log.owner = $owner AND log.fence = $fence AND log.seq + size($entries) = $seq
SET log.seq = $seq, log.head = $head
REMOVE log._lock
WITH log
UNWIND $entries AS entry
MATCH (event:Event {tenant: $tenant, id: entry[0]})
WITH event, entry
WHERE event.pending
SET event.seq = entry[1], event.hash = entry[2], event.previous_hash = entry[3]
REMOVE event.pending
RETURN count(event) AS numbered
