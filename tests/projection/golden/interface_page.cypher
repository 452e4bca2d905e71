// projection/plan {"p0":"plan-1","p1":4}
RETURN COLLECT {
  MATCH (n1:Plan {tenant: $tenant, id: $p0})
  RETURN [COLLECT {
    MATCH (n1)-[r3:READ]->(n2:Entity {tenant: $tenant})
    WITH r3, n2
    WHERE n2:Application|Deployment|Environment|Freeze|Plan|Policy|Project|Provider|Run|Schedule|Service|ServiceVersion|Team|Template|TemplateVersion|User
    WITH r3, n2
    ORDER BY n2.id LIMIT $p1
    RETURN [r3.version, CASE WHEN n2:Application THEN [0, [n2.id]] WHEN n2:Deployment THEN [1, [n2.id]] WHEN n2:Environment THEN [2, [n2.id]] WHEN n2:Freeze THEN [3, [n2.id]] WHEN n2:Plan THEN [4, [n2.id]] WHEN n2:Policy THEN [5, [n2.id]] WHEN n2:Project THEN [6, [n2.id]] WHEN n2:Provider THEN [7, [n2.id]] WHEN n2:Run THEN [8, [n2.id]] WHEN n2:Schedule THEN [9, [n2.id]] WHEN n2:Service THEN [10, [n2.id, n2.kind]] WHEN n2:ServiceVersion THEN [11, [n2.id]] WHEN n2:Team THEN [12, [n2.id]] WHEN n2:Template THEN [13, [n2.id]] WHEN n2:TemplateVersion THEN [14, [n2.id]] WHEN n2:User THEN [15, [n2.id]] END, n2.id]
  }, COUNT {
    MATCH (n1)-[:READ]->(n2:Entity {tenant: $tenant})
    WITH n2
    WHERE n2:Application|Deployment|Environment|Freeze|Plan|Policy|Project|Provider|Run|Schedule|Service|ServiceVersion|Team|Template|TemplateVersion|User
    RETURN n2
  }]
} AS f0
