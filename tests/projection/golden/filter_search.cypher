// projection/several {"p0":21,"p1":"entity_text","p10":21,"p11":"entity_text","p12":"+(name:[shop TO shop]^16.0 name:shop*^8.0 id:[shop TO shop]^8.0 id:shop*^4.0 description:[shop TO shop]^4.0 description:shop*^2.0 name:/.?hop|.shop|hsop|s.?op|s.hop|sohp|sh.?p|sh.op|shpo|sho.?|sho.p|shop./^0.5)","p2":"+(name:[boutique TO boutique]^16.0 name:boutique*^8.0 id:[boutique TO boutique]^8.0 id:boutique*^4.0 description:[boutique TO boutique]^4.0 description:boutique*^2.0 name:/.?outique|.boutique|obutique|b.?utique|b.outique|buotique|bo.?tique|bo.utique|botuique|bou.?ique|bou.tique|bouitque|bout.?que|bout.ique|boutqiue|bouti.?ue|bouti.que|boutiuqe|boutiq.?e|boutiq.ue|boutiqeu|boutiqu.?|boutiqu.e|boutique./^0.5)","p3":"hard","p4":1,"p5":21,"p6":"entity_text","p7":"+(name:[cart TO cart]^16.0 name:cart*^8.0 id:[cart TO cart]^8.0 id:cart*^4.0 description:[cart TO cart]^4.0 description:cart*^2.0 name:/.?art|.cart|acrt|c.?rt|c.art|crat|ca.?t|ca.rt|catr|car.?|car.t|cart./^0.5)","p8":"Workload","p9":"x"}
RETURN COLLECT {
  CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()
  CALL db.index.fulltext.queryNodes($p1, $scope + $p2) YIELD node AS n4
  WHERE n4.tenant = $tenant AND n4:Application
  MATCH (n3:Service {tenant: $tenant})<-[:HAS_SERVICE]-(n4)
  MATCH (n1:Service {tenant: $tenant})-[r5:DEPENDS_ON]->(n3)
  WITH n1, n3, n4, r5.kind AS r5k0
  WHERE r5k0 = $p3
  WITH DISTINCT n1, n1.version AS n1k0
  WHERE n1k0 > $p4
  WITH n1
  ORDER BY n1.name, n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0,
COUNT {
  CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()
  CALL db.index.fulltext.queryNodes($p1, $scope + $p2) YIELD node AS n7
  WHERE n7.tenant = $tenant AND n7:Application
  MATCH (n6:Service {tenant: $tenant})<-[:HAS_SERVICE]-(n7)
  MATCH (n1:Service {tenant: $tenant})-[r8:DEPENDS_ON]->(n6)
  WITH n1, n6, n7, r8.kind AS r8k0
  WHERE r8k0 = $p3
  WITH DISTINCT n1, n1.version AS n1k0
  WHERE n1k0 > $p4
  RETURN n1
} AS f1,
COLLECT {
  CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()
  CALL db.index.fulltext.queryNodes($p6, $scope + $p7) YIELD node AS n11
  WHERE n11.tenant = $tenant AND n11:Service
  MATCH (n9:Application {tenant: $tenant})-[:HAS_SERVICE]->(n11)
  WITH n9, n11, n11.kind AS n11k0
  WHERE n11k0 = $p8
  WITH DISTINCT n9, n9.name AS n9k0
  WHERE NOT coalesce(n9k0 = $p9, false)
  WITH n9
  ORDER BY n9.id LIMIT $p5
  RETURN [n9.id]
} AS f2,
COLLECT {
  CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()
  CALL db.index.fulltext.queryNodes($p11, $scope + $p12) YIELD node AS n12
  WHERE n12.tenant = $tenant AND n12:Project
  WITH n12
  ORDER BY n12.id LIMIT $p10
  RETURN [n12.id]
} AS f3
