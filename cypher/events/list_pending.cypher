// purpose: The ids of the oldest events without a number, in order.
// parameters: tenant, limit
// columns: ids
// mode: read
CYPHER replan=skip
MATCH (event:Event {tenant: $tenant, pending: true})
USING INDEX event:Event(tenant, pending)
WITH event ORDER BY event.created_at, event.id LIMIT $limit
RETURN collect(event.id) AS ids
