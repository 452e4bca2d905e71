// projection/services {"p0":6,"p1":21}
RETURN COLLECT {
  MATCH (n1:Service {tenant: $tenant})
  WHERE n1.id IS NOT NULL
  WITH n1
  ORDER BY n1.tenant, n1.id LIMIT $p1
  RETURN [n1.id, [(n1)<-[:HAS_SERVICE]-(n3:Application {tenant: $tenant}) | [[(n3)<-[:CONTAINS]-(n4:Project {tenant: $tenant}) | [n4.name]]]], COLLECT {
    MATCH (n1)-[r6:DEPENDS_ON]->(n5:Service {tenant: $tenant})
    WITH r6, n5
    ORDER BY n5.id LIMIT $p0
    RETURN [r6.kind, n5.id]
  }]
} AS f0
