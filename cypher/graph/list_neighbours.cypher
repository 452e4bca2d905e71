// purpose: The services that are one dependency away from services, in either direction.
// parameters: tenant, ids, limit
// columns: ids
// mode: read
// (service)-[:DEPENDS_ON]-(neighbour)
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})-[:DEPENDS_ON]-(neighbour:Service {tenant: $tenant})
WITH DISTINCT neighbour.id AS id ORDER BY id LIMIT $limit
RETURN collect(id) AS ids
