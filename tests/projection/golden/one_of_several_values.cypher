// projection/several {"p0":21,"p1":"shop","p2":false,"p3":["cart","checkout"],"p4":21,"p5":["a","b"]}
RETURN COLLECT {
  UNWIND $p3 AS v3
  WITH DISTINCT v3
  CALL (v3) {
    MATCH (n1:Service {tenant: $tenant}) USING INDEX n1:Service(tenant, name, id)
    WHERE n1.name = v3 AND n1.id > $p1 AND (n1.description IS NULL) = $p2
    WITH n1
    ORDER BY n1.tenant, n1.name, n1.id LIMIT $p0
    RETURN n1
  }
  WITH n1
  ORDER BY n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0,
COUNT {
  UNWIND $p3 AS v4
  WITH DISTINCT v4
  MATCH (n1:Service {tenant: $tenant}) USING INDEX n1:Service(tenant, name, id)
  WHERE n1.name = v4 AND n1.id IS NOT NULL AND (n1.description IS NULL) = $p2
  RETURN n1
} AS f1,
COLLECT {
  UNWIND $p5 AS v8
  WITH DISTINCT v8
  MATCH (n7:ServiceVersion {tenant: $tenant})
  WHERE n7.image = v8 AND n7.id IS NOT NULL
  MATCH (n5:Service {tenant: $tenant})-[:HAS_VERSION]->(n7)
  WITH DISTINCT n5
  WITH n5
  ORDER BY n5.name DESC, n5.id DESC LIMIT $p4
  RETURN [n5.id]
} AS f2
