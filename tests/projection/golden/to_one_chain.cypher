// projection/service {"p0":"shop/boutique/cart"}
RETURN COLLECT {
  MATCH (n1:Service {tenant: $tenant, id: $p0})
  RETURN [[(n1)<-[:HAS_SERVICE]-(n2:Application {tenant: $tenant}) | [n2.name, [(n2)<-[:CONTAINS]-(n3:Project {tenant: $tenant}) | [n3.name]]]], [(n1)-[:DESIRES]->(n4:ServiceVersion {tenant: $tenant}) | [n4.image]]]
} AS f0
