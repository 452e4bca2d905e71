// projection/serviceVersions {"p0":21,"p1":"2026-01-31T10:00:00+00:00","p2":["v1","v2"],"p3":"v2","p4":"Cart","p5":5,"p6":1,"p7":"http:80:8080","p8":["http","grpc"],"p9":false}
RETURN COLLECT {
  MATCH (n1:ServiceVersion {tenant: $tenant}) USING INDEX n1:ServiceVersion(tenant, created_at, id)
  WHERE n1.id IS NOT NULL AND n1.created_at > $p1 AND n1.name IN $p2 AND NOT coalesce(n1.name STARTS WITH $p3, false) AND toLower(n1.image) CONTAINS toLower($p4) AND n1.replicas < $p5 AND n1.replicas >= $p6 AND $p7 IN n1.ports AND n1.probe_kind IN $p8 AND (n1.probe_path IS NULL) = $p9
  WITH n1
  ORDER BY n1.tenant, n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0
