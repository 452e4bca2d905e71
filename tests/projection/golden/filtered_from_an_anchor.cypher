// projection/services {"p0":21,"p1":"shop/boutique","p2":"shop@production"}
RETURN COLLECT {
  MATCH (n1a:Application {tenant: $tenant, id: $p1})
  MATCH (n1:Service {tenant: $tenant})<-[:HAS_SERVICE]-(n1a)
  WITH n1
  WHERE EXISTS { (n1)<-[:OF]-(:Deployment {tenant: $tenant})-[:IN]->(:Environment {tenant: $tenant, id: $p2})
  }
  WITH n1
  ORDER BY n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0,
COUNT {
  MATCH (n1a:Application {tenant: $tenant, id: $p1})
  MATCH (n1:Service {tenant: $tenant})<-[:HAS_SERVICE]-(n1a)
  WITH n1
  WHERE EXISTS { (n1)<-[:OF]-(:Deployment {tenant: $tenant})-[:IN]->(:Environment {tenant: $tenant, id: $p2})
  }
  RETURN n1
} AS f1
