// projection/runs {"p0":21,"p1":"failed","p2":"shop/boutique"}
RETURN COLLECT {
  MATCH (n1:Run {tenant: $tenant}) USING INDEX n1:Run(tenant, application_id, id)
  WHERE n1.id IS NOT NULL AND n1.state = $p1 AND n1.application_id = $p2
  WITH n1
  ORDER BY n1.tenant DESC, n1.application_id DESC, n1.id DESC LIMIT $p0
  RETURN [n1.id]
} AS f0
