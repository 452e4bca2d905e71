// projection/deployment {"p0":"shop/boutique/cart@production","p1":3,"p2":"x"}
RETURN COLLECT {
  MATCH (n1:Deployment {tenant: $tenant, id: $p0})
  RETURN [[(n1)-[:OF]->(:Service {tenant: $tenant})<-[:HAS_SERVICE]-(n2:Application {tenant: $tenant}) | [COLLECT {
    MATCH (n2)-[:HAS_SERVICE]->(:Service {tenant: $tenant})<-[:OF]-(n3:Deployment {tenant: $tenant})
    WITH DISTINCT n3, n3.id AS n3k0
    WHERE n3k0 > $p2
    WITH n3
    ORDER BY n3.id LIMIT $p1
    RETURN [n3.id]
  }, COUNT {
    MATCH (n2)-[:HAS_SERVICE]->(:Service {tenant: $tenant})<-[:OF]-(n3:Deployment {tenant: $tenant})
    WITH DISTINCT n3
    RETURN n3
  }]]]
} AS f0
