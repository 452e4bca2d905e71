// purpose: Show the shortest ways from public services to those that hold sensitive data.
// parameters: tenant, services, classes
// columns: path
// mode: read
// (public)-[:DEPENDS_ON*]->(sensitive)
UNWIND $services AS wanted
MATCH (public:Service {tenant: $tenant, id: wanted})
WHERE public.exposure = 'public'
MATCH path = (public)-[:DEPENDS_ON*1..10]->(sensitive:Service {tenant: $tenant})
WHERE all(node IN nodes(path) WHERE node.tenant = $tenant) AND sensitive.data_class IN $classes
RETURN path LIMIT 100
