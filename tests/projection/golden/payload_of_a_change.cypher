// projection/payload {"p0":3}
RETURN COLLECT {
  MATCH (n1:Service {tenant: $tenant, id: $id})
  RETURN [n1.id, [(n1)<-[:HAS_SERVICE]-(n2:Application {tenant: $tenant}) | [n2.name]], COLLECT {
    MATCH (n1)-[:HAS_VERSION]->(n3:ServiceVersion {tenant: $tenant})
    WITH n3
    ORDER BY n3.id LIMIT $p0
    RETURN [n3.image]
  }]
} AS f0
