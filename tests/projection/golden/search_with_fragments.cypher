// projection/search {"p0":"entity_text","p1":"+(name:[cart TO cart]^16.0 name:cart*^8.0 id:[cart TO cart]^8.0 id:cart*^4.0 description:[cart TO cart]^4.0 description:cart*^2.0 name:/.?art|.cart|acrt|c.?rt|c.art|crat|ca.?t|ca.rt|catr|car.?|car.t|cart./^0.5)","p2":4}
RETURN COLLECT {
  CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()
  CALL db.index.fulltext.queryNodes($p0, $scope + $p1) YIELD node AS n1, score AS r2
  WHERE n1.tenant = $tenant AND n1:Application|Deployment|Environment|Freeze|Plan|Policy|Project|Provider|Run|Schedule|Service|ServiceVersion|Team|Template|TemplateVersion|User
  WITH r2, n1
  ORDER BY r2 DESC, n1.id LIMIT $p2
  RETURN [coalesce(COLLECT {
    WITH n1
    WHERE n1:Deployment
    RETURN [1, [n1.status, [(n1)-[:IN]->(n3:Environment {tenant: $tenant}) | [n3.name]]]] AS v
  }[0], CASE WHEN n1:Application THEN [0, [n1.name, n1.description]] WHEN n1:Environment THEN [2, [n1.name, n1.description]] WHEN n1:Freeze THEN [3, [true]] WHEN n1:Plan THEN [4, [true]] WHEN n1:Policy THEN [5, [n1.name, n1.description]] WHEN n1:Project THEN [6, [n1.name, n1.description]] WHEN n1:Provider THEN [7, [true]] WHEN n1:Run THEN [8, [true]] WHEN n1:Schedule THEN [9, [true]] WHEN n1:Service THEN [10, [n1.name, n1.description]] WHEN n1:ServiceVersion THEN [11, [true]] WHEN n1:Team THEN [12, [true]] WHEN n1:Template THEN [13, [n1.name, n1.description]] WHEN n1:TemplateVersion THEN [14, [true]] WHEN n1:User THEN [15, [true]] END)]
} AS f0
