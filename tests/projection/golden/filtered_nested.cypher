// projection/application {"p0":"shop/boutique","p1":21,"p2":"failed","p3":21,"p4":"cart","p5":"shop/boutique/cart","p6":"c"}
RETURN COLLECT {
  MATCH (n1:Application {tenant: $tenant, id: $p0})
  RETURN [COLLECT {
    MATCH (n1)-[:HAS_SERVICE]->(n2:Service {tenant: $tenant})
    WITH n2, n2.name AS n2k0, n2.id AS n2k1
    WHERE n2k0 STARTS WITH $p6 AND (n2k0 < $p4 OR n2k0 = $p4 AND n2k1 < $p5)
    WITH n2
    ORDER BY n2.name DESC, n2.id DESC LIMIT $p3
    RETURN [COLLECT {
      MATCH (n2)-[r5:DEPENDS_ON]->(n4:Service {tenant: $tenant})
      WITH r5, n4
      WHERE EXISTS {
        MATCH (n4)<-[:OF]-(n6:Deployment {tenant: $tenant})
        WITH n6, n6.status AS n6k0
        WHERE n6k0 = $p2
      }
      WITH r5, n4
      ORDER BY n4.id LIMIT $p1
      RETURN [r5.kind, n4.id]
    }, n2.name, n2.id]
  }, COUNT {
    MATCH (n1)-[:HAS_SERVICE]->(n2:Service {tenant: $tenant})
    WITH n2, n2.name AS n2k0
    WHERE n2k0 STARTS WITH $p6
    RETURN n2
  }]
} AS f0
