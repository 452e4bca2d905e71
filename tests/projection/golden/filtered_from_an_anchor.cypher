// projection/services {"p0":21,"p1":"shop/boutique","p2":"shop@production"}
RETURN COLLECT {
  MATCH (n3:Application {tenant: $tenant, id: $p1})
  MATCH (n1:Service {tenant: $tenant})<-[:HAS_SERVICE]-(n3)
  WITH DISTINCT n1
  WHERE EXISTS {
    MATCH (n1)<-[:OF]-(n4:Deployment {tenant: $tenant})
    WITH n4
    WHERE EXISTS { (n4)-[:IN]->(n6:Environment {tenant: $tenant, id: $p2})
    }
  }
  WITH n1
  ORDER BY n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0,
COUNT {
  MATCH (n8:Application {tenant: $tenant, id: $p1})
  MATCH (n1:Service {tenant: $tenant})<-[:HAS_SERVICE]-(n8)
  WITH DISTINCT n1
  WHERE EXISTS {
    MATCH (n1)<-[:OF]-(n9:Deployment {tenant: $tenant})
    WITH n9
    WHERE EXISTS { (n9)-[:IN]->(n11:Environment {tenant: $tenant, id: $p2})
    }
  }
  RETURN n1
} AS f1
