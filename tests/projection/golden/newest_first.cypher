// projection/runs {"p0":4,"p1":"x","p2":"failed"}
RETURN COLLECT {
  MATCH (n1:Run {tenant: $tenant}) USING INDEX n1:Run(tenant, state, id)
  WHERE n1.id < $p1 AND n1.state = $p2
  WITH n1
  ORDER BY n1.tenant DESC, n1.state DESC, n1.id DESC LIMIT $p0
  RETURN [n1.id]
} AS f0
