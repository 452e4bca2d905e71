// purpose: The oldest events without a number, after the transactions that wrote the given ones have ended.
// parameters: tenant, known, limit
// columns: id, seq, type, category, level, subject, subject_label, subject_version, actor, at, correlation_id, change_set,
//   application_id, environment_id, message, data, hash, previous_hash
// mode: write
// A commit becomes visible event by event. Touching the known ones waits for it; what is read afterwards is whole.
OPTIONAL MATCH (known:Event {tenant: $tenant})
WHERE known.id IN $known
SET known.pending = true
WITH count(known) AS settled
MATCH (event:Event {tenant: $tenant, pending: true})
WITH event ORDER BY event.created_at, event.id LIMIT $limit
RETURN event.id AS id, 0 AS seq, event.type AS type, event.category AS category, event.level AS level,
  event.subject AS subject, event.subject_label AS subject_label, event.subject_version AS subject_version,
  event.actor AS actor, event.at AS at, event.correlation_id AS correlation_id, event.change_set AS change_set,
  event.application_id AS application_id, event.environment_id AS environment_id, event.message AS message,
  event.data AS data, '' AS hash, '' AS previous_hash
