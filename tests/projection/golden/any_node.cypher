// projection/node {"p0":"shop"}
RETURN COLLECT {
  MATCH (n1:Entity {tenant: $tenant, id: $p0})
  WHERE n1:Application|Deployment|Environment|Freeze|Plan|Policy|Project|Provider|Run|Schedule|Service|ServiceVersion|Team|Template|TemplateVersion|User
  RETURN [CASE WHEN n1:Application THEN [0, [n1.id, n1.name]] WHEN n1:Deployment THEN [1, [n1.id]] WHEN n1:Environment THEN [2, [n1.id, n1.name]] WHEN n1:Freeze THEN [3, [n1.id, n1.name]] WHEN n1:Plan THEN [4, [n1.id]] WHEN n1:Policy THEN [5, [n1.id, n1.name]] WHEN n1:Project THEN [6, [n1.id, n1.name]] WHEN n1:Provider THEN [7, [n1.id, n1.name]] WHEN n1:Run THEN [8, [n1.id, n1.state]] WHEN n1:Schedule THEN [9, [n1.id, n1.name]] WHEN n1:Service THEN [10, [n1.id, n1.name]] WHEN n1:ServiceVersion THEN [11, [n1.id, n1.name]] WHEN n1:Team THEN [12, [n1.id, n1.name]] WHEN n1:Template THEN [13, [n1.id, n1.name]] WHEN n1:TemplateVersion THEN [14, [n1.id, n1.name]] WHEN n1:User THEN [15, [n1.id, n1.name]] END]
} AS f0
