// projection/several {"p0":21,"p1":21,"p2":21}
RETURN COLLECT {
  MATCH (n1:User {tenant: $tenant, id: $actor})
  RETURN [n1.name]
} AS f0,
COUNT {
  MATCH (n2:Team {tenant: $tenant})
  WHERE n2.id IS NOT NULL
  RETURN n2
} AS f1,
COLLECT {
  MATCH (n4:Plan {tenant: $tenant})
  WHERE n4.id IS NOT NULL
  WITH n4
  ORDER BY n4.tenant DESC, n4.id DESC LIMIT $p2
  RETURN [n4.id, n4.state, COLLECT {
    MATCH (n4)-[:HAS_STEP]->(n6:PlanStep {tenant: $tenant})
    WITH n6
    ORDER BY n6.position, n6.id LIMIT $p1
    RETURN [n6.before, n6.after, n6.sensitive, n6.unknown]
  }]
} AS f2
