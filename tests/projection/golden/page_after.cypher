// projection/applications {"p0":51,"p1":"shop/app0003"}
RETURN COLLECT {
  MATCH (n1:Application {tenant: $tenant})
  WHERE n1.id > $p1
  WITH n1
  ORDER BY n1.tenant, n1.id LIMIT $p0
  RETURN [n1.id]
} AS f0,
COUNT {
  MATCH (n1:Application {tenant: $tenant})
  WHERE n1.id IS NOT NULL
  RETURN n1
} AS f1
