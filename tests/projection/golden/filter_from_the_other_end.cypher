// projection/services {"p0":21,"p1":"shop/boutique/cart","p2":"production"}
RETURN COLLECT {
  MATCH (n3:Service {tenant: $tenant, id: $p1})
  MATCH (n1:Service {tenant: $tenant})-[:DEPENDS_ON]->(n3)
  WITH DISTINCT n1
  WHERE EXISTS {
    MATCH (n1)<-[:OF]-(n4:Deployment {tenant: $tenant})
    WITH n4
    WHERE EXISTS {
      MATCH (n4)-[:IN]->(n6:Environment {tenant: $tenant})
      WITH n6, n6.stage AS n6k0
      WHERE n6k0 = $p2
    }
  }
  WITH n1
  ORDER BY n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0
