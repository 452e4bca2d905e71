// purpose: The way from an environment back to itself over promotions, if there is one.
// parameters: tenant, ids
// columns: path
// mode: read
// (environment)-[:PROMOTES_TO*]->(environment)
UNWIND $ids AS wanted
MATCH (environment:Environment {tenant: $tenant, id: wanted})
MATCH path = (environment)-[:PROMOTES_TO*1..20]->(environment)
WHERE all(node IN nodes(path) WHERE node.tenant = $tenant)
RETURN [node IN nodes(path) | node.id] AS path
ORDER BY size(path) LIMIT 1
