// purpose: What policies denied about a node.
// parameters: tenant, about
// columns: id, policy, message
// mode: read
// (decision {verdict: 'deny'})-[:ABOUT]->(node)
MATCH (node:Entity {tenant: $tenant, id: $about})<-[:ABOUT]-(decision:Decision {tenant: $tenant, verdict: 'deny'})
RETURN decision.id AS id, decision.policy AS policy, decision.message AS message
ORDER BY id LIMIT 100
