// projection/services {"p0":21,"p1":"c"}
RETURN COLLECT {
  MATCH (n1:Service {tenant: $tenant}) USING INDEX n1:Service(tenant, name, id)
  WHERE n1.id IS NOT NULL AND n1.name STARTS WITH $p1
  WITH n1
  ORDER BY n1.tenant, n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0
