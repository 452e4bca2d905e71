// projection/events {"p0":21,"p1":6}
RETURN COLLECT {
  MATCH (n1:Event {tenant: $tenant})
  WHERE n1.seq IS NOT NULL
  WITH n1
  ORDER BY n1.tenant, n1.seq LIMIT $p1
  RETURN [[(n1)-[:ABOUT]->(n3:Entity {tenant: $tenant})
  WHERE n3:Application|Deployment|Environment|Freeze|Plan|Policy|Project|Provider|Run|Schedule|Service|ServiceVersion|Team|Template|TemplateVersion|User | [coalesce(COLLECT {
    WITH n3
    WHERE n3:Service
    RETURN [10, [[(n3)<-[:HAS_SERVICE]-(n4:Application {tenant: $tenant}) | [n4.id]], COUNT {
      MATCH (n3)-[:DEPENDS_ON]->(n5:Service {tenant: $tenant})
      RETURN n5
    }, n3.name, n3.description]] AS v
  }[0], CASE WHEN n3:Application THEN [0, [n3.name, n3.description]] WHEN n3:Deployment THEN [1, [true]] WHEN n3:Environment THEN [2, [n3.name, n3.description]] WHEN n3:Freeze THEN [3, [n3.name]] WHEN n3:Plan THEN [4, [true]] WHEN n3:Policy THEN [5, [n3.name, n3.description]] WHEN n3:Project THEN [6, [n3.name, n3.description]] WHEN n3:Provider THEN [7, [n3.name]] WHEN n3:Run THEN [8, [true]] WHEN n3:Schedule THEN [9, [n3.name]] WHEN n3:ServiceVersion THEN [11, [n3.name]] WHEN n3:Team THEN [12, [n3.name]] WHEN n3:Template THEN [13, [n3.name, n3.description]] WHEN n3:TemplateVersion THEN [14, [n3.name]] WHEN n3:User THEN [15, [n3.name]] END)]]]
} AS f0
