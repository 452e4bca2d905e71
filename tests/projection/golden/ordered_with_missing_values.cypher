// projection/deployments {"p0":21,"p1":null,"p2":"ok","p3":"shop/boutique/cart@production"}
RETURN COLLECT {
  MATCH (n1:Deployment {tenant: $tenant})
  WHERE n1.id IS NOT NULL AND ((n1.deployed_at < datetime($p1) OR $p1 IS NULL AND n1.deployed_at IS NOT NULL) OR (n1.deployed_at = datetime($p1) OR n1.deployed_at IS NULL AND $p1 IS NULL) AND (n1.message > $p2 OR n1.message IS NULL AND $p2 IS NOT NULL) OR (n1.deployed_at = datetime($p1) OR n1.deployed_at IS NULL AND $p1 IS NULL) AND (n1.message = $p2 OR n1.message IS NULL AND $p2 IS NULL) AND n1.id > $p3)
  WITH n1
  ORDER BY n1.deployed_at DESC, n1.message, n1.id LIMIT $p0
  RETURN [n1.id, toString(n1.deployed_at), n1.message]
} AS f0
