// projection/services {"p0":21,"p1":"shop@production"}
RETURN COLLECT {
  MATCH (n1a:Environment {tenant: $tenant, id: $p1})
  MATCH (n1:Service {tenant: $tenant})<-[:OF]-(:Deployment {tenant: $tenant})-[:IN]->(n1a)
  WITH DISTINCT n1
  WITH n1
  ORDER BY n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0
