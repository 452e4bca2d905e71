// projection/services {"p0":21,"p1":"a","p2":"b","p3":"x","p4":"old"}
RETURN COUNT {
  MATCH (n1:Service {tenant: $tenant})
  WHERE n1.id IS NOT NULL AND (n1.name = $p1 OR (n1.name = $p2 AND toLower(n1.description) CONTAINS toLower($p3)) OR $tenant IS NULL) AND NOT coalesce(n1.description STARTS WITH $p4 AND EXISTS { (n1)-[:DESIRES]->(n3:ServiceVersion {tenant: $tenant})
  }, false)
  RETURN n1
} AS f0
