// The longest chain of services that have to start one after the other.
MATCH path = (first:Service {tenant: $tenant})-[:DEPENDS_ON*0..20]->(last:Service {tenant: $tenant})
WHERE first.id STARTS WITH $application + '/' AND NOT EXISTS { (last)-[:DEPENDS_ON {kind: 'hard'}]->(:Service {tenant: $tenant}) }
  AND all(node IN nodes(path) WHERE node.tenant = $tenant) AND all(edge IN relationships(path) WHERE edge.kind = 'hard')
RETURN [service IN reverse(nodes(path)) | service.name] AS starts_in_this_order
ORDER BY length(path) DESC, starts_in_this_order LIMIT 1
