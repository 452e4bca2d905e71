// projection/events {"p0":21,"p1":41,"p2":"run.","p3":["warning","error"],"p4":"cart"}
RETURN COLLECT {
  MATCH (n1:Event {tenant: $tenant})
  WHERE n1.seq > $p1 AND n1.type STARTS WITH $p2 AND n1.level IN $p3 AND (toLower(n1.message) CONTAINS toLower($p4) OR toLower(n1.type) CONTAINS toLower($p4) OR toLower(n1.subject) CONTAINS toLower($p4))
  WITH n1
  ORDER BY n1.tenant, n1.seq LIMIT $p0
  RETURN [n1.seq, toString(n1.seq), n1.data]
} AS f0
