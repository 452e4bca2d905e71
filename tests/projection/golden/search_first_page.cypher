// projection/search {"p0":"entity_text","p1":"+(name:[pay TO pay]^16.0 name:pay*^8.0 id:[pay TO pay]^8.0 id:pay*^4.0 description:[pay TO pay]^4.0 description:pay*^2.0)","p2":6}
RETURN COLLECT {
  CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()
  CALL db.index.fulltext.queryNodes($p0, $scope + $p1) YIELD node AS n1, score AS r2
  WHERE n1.tenant = $tenant AND n1:Application|Deployment|Environment|Freeze|Plan|Policy|Project|Provider|Run|Schedule|Service|ServiceVersion|Team|Template|TemplateVersion|User
  WITH r2, n1
  ORDER BY r2 DESC, n1.id LIMIT $p2
  RETURN [CASE WHEN n1:Application THEN [0, [n1.id]] WHEN n1:Deployment THEN [1, [n1.id]] WHEN n1:Environment THEN [2, [n1.id]] WHEN n1:Freeze THEN [3, [n1.id]] WHEN n1:Plan THEN [4, [n1.id]] WHEN n1:Policy THEN [5, [n1.id]] WHEN n1:Project THEN [6, [n1.id]] WHEN n1:Provider THEN [7, [n1.id]] WHEN n1:Run THEN [8, [n1.id]] WHEN n1:Schedule THEN [9, [n1.id]] WHEN n1:Service THEN [10, [n1.id]] WHEN n1:ServiceVersion THEN [11, [n1.id]] WHEN n1:Team THEN [12, [n1.id]] WHEN n1:Template THEN [13, [n1.id]] WHEN n1:TemplateVersion THEN [14, [n1.id]] WHEN n1:User THEN [15, [n1.id]] END]
} AS f0
