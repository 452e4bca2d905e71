// The services that most others call.
MATCH (:Application {tenant: $tenant, id: $application})-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
OPTIONAL MATCH (service)<-[call:DEPENDS_ON]-(:Service {tenant: $tenant})
RETURN service.name AS service, count(call) AS callers,
  sum(CASE call.kind WHEN 'hard' THEN 1 ELSE 0 END) AS cannot_do_without
ORDER BY callers DESC, service LIMIT 100
