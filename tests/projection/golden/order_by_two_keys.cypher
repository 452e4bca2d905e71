// projection/plan {"p0":"1","p1":11,"p2":7,"p3":"step-7"}
RETURN COLLECT {
  MATCH (n1:Plan {tenant: $tenant, id: $p0})
  RETURN [COLLECT {
    MATCH (n1)-[:HAS_STEP]->(n2:PlanStep {tenant: $tenant})
    WITH n2, n2.position AS n2k0, n2.id AS n2k1
    WHERE (n2k0 > $p2 OR n2k0 = $p2 AND n2k1 > $p3)
    WITH n2
    ORDER BY n2.position, n2.id LIMIT $p1
    RETURN [n2.key]
  }]
} AS f0
