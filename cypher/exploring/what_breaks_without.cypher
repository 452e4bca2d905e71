// What breaks when a service is gone: everything that needs it, directly or through others, nearest first.
MATCH path = (user:Service {tenant: $tenant})-[:DEPENDS_ON*1..20]->(:Service {tenant: $tenant, id: $service})
WHERE all(node IN nodes(path) WHERE node.tenant = $tenant) AND all(edge IN relationships(path) WHERE edge.kind = 'hard')
RETURN user.name AS service, min(length(path)) AS hops
ORDER BY hops, service LIMIT 100
