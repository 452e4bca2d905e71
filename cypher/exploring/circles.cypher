// Services that depend on themselves through others. A policy keeps this empty.
MATCH path = (service:Service {tenant: $tenant})-[:DEPENDS_ON*2..20]->(service)
WHERE service.id IS NOT NULL AND all(node IN nodes(path) WHERE node.tenant = $tenant)
RETURN path LIMIT 10
