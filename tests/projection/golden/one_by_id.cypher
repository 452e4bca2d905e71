// projection/service {"p0":"shop/boutique/cart"}
RETURN COLLECT {
  MATCH (n1:Service {tenant: $tenant, id: $p0})
  RETURN [n1.id, n1.name, toString(n1.created_at)]
} AS f0
