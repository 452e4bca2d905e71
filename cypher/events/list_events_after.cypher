// purpose: The events of a stretch of the log, oldest first.
// parameters: tenant, after, until, type_prefix, category, levels, subject, application_id, environment_id, correlation_id
// columns: id, seq, type, category, level, subject, subject_label, subject_version, actor, at, correlation_id, change_set,
//   application_id, environment_id, message, data, hash, previous_hash
// mode: read
// The stretch is after < seq <= until; a parameter that is null does not matter.
MATCH (event:Event {tenant: $tenant})
WHERE event.seq > $after AND event.seq <= $until
  AND ($type_prefix IS NULL OR event.type STARTS WITH $type_prefix)
  AND ($category IS NULL OR event.category = $category)
  AND ($levels IS NULL OR event.level IN $levels)
  AND ($subject IS NULL OR event.subject = $subject)
  AND ($application_id IS NULL OR event.application_id = $application_id)
  AND ($environment_id IS NULL OR event.environment_id = $environment_id)
  AND ($correlation_id IS NULL OR event.correlation_id = $correlation_id)
RETURN event.id AS id, event.seq AS seq, event.type AS type, event.category AS category, event.level AS level,
  event.subject AS subject, event.subject_label AS subject_label, event.subject_version AS subject_version,
  event.actor AS actor, event.at AS at, event.correlation_id AS correlation_id, event.change_set AS change_set,
  event.application_id AS application_id, event.environment_id AS environment_id, event.message AS message,
  event.data AS data, event.hash AS hash, event.previous_hash AS previous_hash
ORDER BY event.seq
