// purpose: Append events to the log, unnumbered, in the transaction of the change they record.
// parameters: tenant, events
// columns: linked
// mode: write
// A version that a draft leaves out is the one its subject has now.
// (event)-[:ABOUT]->(whatever it is about, while that exists)
// A draft is [id, type, category, level, subject, subject_label, subject_version, actor, correlation_id, change_set,
// application_id, environment_id, message, data].
CYPHER replan=skip
WITH datetime() AS now
UNWIND $events AS draft
OPTIONAL MATCH (subject:Entity {tenant: $tenant, id: draft[4]})
CREATE (event:Event {
  tenant: $tenant, id: draft[0], version: 1, created_at: now, updated_at: now,
  type: draft[1], category: draft[2], level: draft[3],
  subject: draft[4], subject_label: draft[5], subject_version: coalesce(draft[6], subject.version),
  actor: draft[7], at: now, correlation_id: draft[8], change_set: draft[9],
  application_id: draft[10], environment_id: draft[11],
  message: draft[12], data: draft[13], pending: true
})
WITH event, subject
WHERE subject IS NOT NULL
CREATE (event)-[:ABOUT]->(subject)
RETURN count(subject) AS linked
