// projection/search {"p0":"entity_text","p1":"+(name:[shop TO shop]^16.0 name:shop*^8.0 id:[shop TO shop]^8.0 id:shop*^4.0 description:[shop TO shop]^4.0 description:shop*^2.0 name:/.?hop|.shop|hsop|s.?op|s.hop|sohp|sh.?p|sh.op|shpo|sho.?|sho.p|shop./^0.5) +(name:[boutique TO boutique]^16.0 name:boutique*^8.0 id:[boutique TO boutique]^8.0 id:boutique*^4.0 description:[boutique TO boutique]^4.0 description:boutique*^2.0 name:/.?outique|.boutique|obutique|b.?utique|b.outique|buotique|bo.?tique|bo.utique|botuique|bou.?ique|bou.tique|bouitque|bout.?que|bout.ique|boutqiue|bouti.?ue|bouti.que|boutiuqe|boutiq.?e|boutiq.ue|boutiqeu|boutiqu.?|boutiqu.e|boutique./^0.5) +(name:[ca TO ca]^16.0 name:ca*^8.0 id:[ca TO ca]^8.0 id:ca*^4.0 description:[ca TO ca]^4.0 description:ca*^2.0)","p2":["Service","Application"],"p3":21,"p4":12.0,"p5":"x"}
RETURN COLLECT {
  CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()
  CALL db.index.fulltext.queryNodes($p0, $scope + $p1) YIELD node AS n1, score AS r2
  WHERE n1.tenant = $tenant AND n1:Application|Deployment|Environment|Freeze|Plan|Policy|Project|Provider|Run|Schedule|Service|ServiceVersion|Team|Template|TemplateVersion|User AND any(label IN labels(n1)
  WHERE label IN $p2) AND (r2 < $p4 OR r2 = $p4 AND n1.id > $p5)
  WITH r2, n1
  ORDER BY r2 DESC, n1.id LIMIT $p3
  RETURN [r2, CASE WHEN n1:Application THEN [0, [n1.id]] WHEN n1:Deployment THEN [1, [n1.id]] WHEN n1:Environment THEN [2, [n1.id]] WHEN n1:Freeze THEN [3, [n1.id]] WHEN n1:Plan THEN [4, [n1.id]] WHEN n1:Policy THEN [5, [n1.id]] WHEN n1:Project THEN [6, [n1.id]] WHEN n1:Provider THEN [7, [n1.id]] WHEN n1:Run THEN [8, [n1.id]] WHEN n1:Schedule THEN [9, [n1.id]] WHEN n1:Service THEN [10, [n1.id]] WHEN n1:ServiceVersion THEN [11, [n1.id]] WHEN n1:Team THEN [12, [n1.id]] WHEN n1:Template THEN [13, [n1.id]] WHEN n1:TemplateVersion THEN [14, [n1.id]] WHEN n1:User THEN [15, [n1.id]] END, n1.id]
} AS f0,
COUNT {
  CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()
  CALL db.index.fulltext.queryNodes($p0, $scope + $p1) YIELD node AS n1, score AS r2
  WHERE n1.tenant = $tenant AND n1:Application|Deployment|Environment|Freeze|Plan|Policy|Project|Provider|Run|Schedule|Service|ServiceVersion|Team|Template|TemplateVersion|User AND any(label IN labels(n1)
  WHERE label IN $p2)
  RETURN n1
} AS f1
