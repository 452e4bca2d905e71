// purpose: Append events to the log, unnumbered, in the transaction of the change they record.
// parameters: tenant, events
// columns: appended
// mode: write
// (event)-[:ABOUT]->(whatever it is about, while that exists)
UNWIND $events AS draft
CREATE (event:Event {
  tenant: $tenant, id: draft.id, version: 1, created_at: datetime(), updated_at: datetime(),
  type: draft.type, category: draft.category, level: draft.level,
  subject: draft.subject, subject_label: draft.subject_label, subject_version: draft.subject_version,
  actor: draft.actor, at: datetime(), correlation_id: draft.correlation_id, change_set: draft.change_set,
  application_id: draft.application_id, environment_id: draft.environment_id,
  message: draft.message, data: draft.data, pending: true
})
WITH event, draft
OPTIONAL MATCH (subject:Entity {tenant: $tenant, id: draft.subject})
FOREACH (found IN CASE WHEN subject IS NULL THEN [] ELSE [subject] END | CREATE (event)-[:ABOUT]->(found))
RETURN count(event) AS appended
