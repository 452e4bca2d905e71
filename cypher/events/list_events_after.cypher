// purpose: The events of a stretch of the log, oldest first.
// parameters: tenant, after, until, type_prefix, category, levels, subject, application_id, environment_id, correlation_id
// columns: events
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
WITH event ORDER BY event.seq
RETURN collect([event.id, event.seq, event.type, event.category, event.level, event.subject, event.subject_label,
  event.subject_version, event.actor, event.at, event.correlation_id, event.change_set, event.application_id,
  event.environment_id, event.message, event.data, event.hash, event.previous_hash]) AS events
