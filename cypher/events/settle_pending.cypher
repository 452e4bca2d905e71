// purpose: The oldest events without a number, after the transactions that wrote the given ones have ended.
// parameters: tenant, known, limit
// columns: events
// mode: write
// A commit becomes visible event by event. Touching the known ones waits for it; what is read afterwards is whole.
// One list of lists: 500 rows would cost the reader more than the server.
CYPHER replan=skip
OPTIONAL MATCH (known:Event {tenant: $tenant})
WHERE known.id IN $known
SET known.pending = true
WITH count(known) AS settled
MATCH (event:Event {tenant: $tenant, pending: true})
USING INDEX event:Event(tenant, pending)
WITH event ORDER BY event.created_at, event.id LIMIT $limit
RETURN collect([event.id, 0, event.type, event.category, event.level, event.subject, event.subject_label,
  event.subject_version, event.actor, event.at, event.correlation_id, event.change_set, event.application_id,
  event.environment_id, event.message, event.data, '', '']) AS events
