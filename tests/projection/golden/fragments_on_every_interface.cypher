// projection/node {"p0":"shop","p1":2}
RETURN COLLECT {
  MATCH (n1:Entity {tenant: $tenant, id: $p0})
  WHERE n1:Application|Deployment|Environment|Freeze|Plan|Policy|Project|Provider|Run|Schedule|Service|ServiceVersion|Team|Template|TemplateVersion|User
  RETURN [coalesce(COLLECT {
    WITH n1
    WHERE n1:Project
    RETURN [6, [n1.id, n1.version, n1.name, n1.description, [(n1)<-[:OWNS]-(n2:Team {tenant: $tenant}) | [n2.name]]]] AS v UNION ALL
    WITH n1
    WHERE n1:User
    RETURN [15, [n1.id, n1.version, n1.name, COLLECT {
      MATCH (n1)-[:MEMBER_OF]->(n3:Team {tenant: $tenant})
      WITH n3
      ORDER BY n3.id LIMIT $p1
      RETURN [n3.id]
    }]] AS v
  }[0], CASE WHEN n1:Application THEN [0, [n1.id, n1.version, n1.name, n1.description]] WHEN n1:Deployment THEN [1, [n1.id, n1.version]] WHEN n1:Environment THEN [2, [n1.id, n1.version, n1.name, n1.description]] WHEN n1:Freeze THEN [3, [n1.id, n1.version, n1.name]] WHEN n1:Plan THEN [4, [n1.id, n1.version]] WHEN n1:Policy THEN [5, [n1.id, n1.version, n1.name, n1.description]] WHEN n1:Provider THEN [7, [n1.id, n1.version, n1.name]] WHEN n1:Run THEN [8, [n1.id, n1.version, toString(n1.updated_at), n1.state]] WHEN n1:Schedule THEN [9, [n1.id, n1.version, n1.name]] WHEN n1:Service THEN [10, [n1.id, n1.version, n1.name, n1.description]] WHEN n1:ServiceVersion THEN [11, [n1.id, n1.version, n1.name]] WHEN n1:Team THEN [12, [n1.id, n1.version, n1.name]] WHEN n1:Template THEN [13, [n1.id, n1.version, n1.name, n1.description]] WHEN n1:TemplateVersion THEN [14, [n1.id, n1.version, n1.name]] END)]
} AS f0
