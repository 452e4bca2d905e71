// All that the newest request has changed: its events, in order, joined by their correlation id.
MATCH (newest:Event {tenant: $tenant})
WHERE newest.correlation_id IS NOT NULL
WITH newest ORDER BY newest.at DESC, newest.id DESC LIMIT 1
MATCH (event:Event {tenant: $tenant, correlation_id: newest.correlation_id})
RETURN event.seq AS number, event.type AS type, event.subject AS subject, event.message AS what
ORDER BY event.at, event.id LIMIT 1000
