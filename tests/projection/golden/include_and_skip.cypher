// projection/projects {"p0":21}
RETURN COLLECT {
  MATCH (n1:Project {tenant: $tenant})
  WHERE n1.id IS NOT NULL
  WITH n1
  ORDER BY n1.tenant, n1.id LIMIT $p0
  RETURN [n1.id, n1.description]
} AS f0
