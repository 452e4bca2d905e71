// What happened to a service, the newest first.
MATCH (event:Event {tenant: $tenant, subject: $service})
RETURN event.seq AS number, event.at AS at, event.type AS type, event.actor AS who, event.message AS what, event.data AS data
ORDER BY event.at DESC, event.id DESC LIMIT 50
