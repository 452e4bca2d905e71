// projection/services {"p0":21,"p1":"cart","p2":"shop/boutique/cart"}
RETURN COLLECT {
  MATCH (n1:Service {tenant: $tenant}) USING INDEX n1:Service(tenant, name, id)
  WHERE n1.name >= $p1 AND n1.id IS NOT NULL AND CASE WHEN n1.name = $p1 THEN n1.id > $p2 ELSE true END
  WITH n1
  ORDER BY n1.tenant, n1.name, n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0
