// projection/applications {"p0":21,"p1":"cart","p2":"hard","p3":"old","p4":"soft"}
RETURN COLLECT {
  MATCH (n3:Service {tenant: $tenant})
  WHERE n3.name = $p1 AND n3.id IS NOT NULL
  MATCH (n1:Application {tenant: $tenant})-[:HAS_SERVICE]->(n3)
  WITH DISTINCT n1
  WHERE NOT EXISTS {
    MATCH (n1)-[:HAS_SERVICE]->(n4:Service {tenant: $tenant})
    WITH n4
    WHERE EXISTS {
      MATCH (n4)-[r7:DEPENDS_ON]->(n6:Service {tenant: $tenant})
      WITH n6, n6.name AS n6k0, r7.kind AS r7k0
      WHERE r7k0 = $p2 AND n6k0 STARTS WITH $p3
    }
  } AND NOT EXISTS {
    MATCH (n1)-[:HAS_SERVICE]->(n8:Service {tenant: $tenant})
    WITH n8
    WHERE NOT coalesce(NOT EXISTS {
      MATCH (n8)<-[r11:DEPENDS_ON]-(n10:Service {tenant: $tenant})
      WITH n10, r11.kind AS r11k0
      WHERE NOT coalesce(r11k0 = $p4, false)
    }, false)
  }
  WITH n1
  ORDER BY n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0
