// purpose: The services that depend on a service, which keeps it from being deleted; those named as leaving do not count.
// parameters: tenant, ids
// columns: id, used_id
// mode: read
// (user)-[:DEPENDS_ON]->(service)
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})<-[:DEPENDS_ON]-(user:Service {tenant: $tenant})
WHERE NOT user.id IN $ids
RETURN user.id AS id, service.id AS used_id
ORDER BY id, used_id LIMIT 100
