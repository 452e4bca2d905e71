// purpose: Show the circles through the dependencies named.
// parameters: tenant, edges
// columns: path
// mode: read
// (source)-[:DEPENDS_ON]->(target)-[:DEPENDS_ON*]->(source)
UNWIND $edges AS edge
MATCH (source:Service {tenant: $tenant, id: edge.service_id})
MATCH (target:Service {tenant: $tenant, id: edge.target_id})
MATCH path = shortestPath((target)-[:DEPENDS_ON*1..1000]->(source))
WHERE all(node IN nodes(path) WHERE node.tenant = $tenant)
RETURN path LIMIT 10
