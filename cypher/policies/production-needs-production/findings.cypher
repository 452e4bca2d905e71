// purpose: Find hard dependencies on services that run, but only in lesser stages, and are not planned together.
// parameters: tenant, environment_id, planned, stages
// columns: subject, clause, message, node_ids, node_labels, node_names, edges
// mode: read
// (service)-[:DEPENDS_ON]->(needed)<-[:OF]-(deployment)-[:IN]->(lesser)
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
WHERE environment.stage IN $stages
WITH environment, [each IN $planned | each.service_id] AS together
UNWIND $planned AS planned
WITH environment, together, planned WHERE planned.changes
MATCH (service:Service {tenant: $tenant, id: planned.service_id})-[:DEPENDS_ON {kind: 'hard'}]->(needed:Service {tenant: $tenant})
WHERE NOT split(needed.id, '/')[0] + '/' + split(needed.id, '/')[1] = split(service.id, '/')[0] + '/' + split(service.id, '/')[1]
  OR NOT needed.id IN together
MATCH (needed)<-[:OF]-(running:Deployment {tenant: $tenant, status: 'succeeded'})-[:IN]->(place:Environment {tenant: $tenant})
WITH environment, service, needed, collect([running, place]) AS found
WHERE none(each IN found WHERE each[1].stage IN $stages)
WITH environment, service, needed, found[0][0] AS running, found[0][1] AS place
RETURN service.id AS subject, 'lesser-stage' AS clause,
  service.name + ' in ' + environment.name + ' needs ' + needed.name + ', which runs only in ' + place.name + ', a ' + place.stage + ' environment' AS message,
  [service.id, needed.id, running.id, place.id] AS node_ids,
  ['Service', 'Service', 'Deployment', 'Environment'] AS node_labels,
  [service.name, needed.name, coalesce(running.service_name, running.id), place.name] AS node_names,
  ['DEPENDS_ON', 'OF', 'IN'] AS edges
ORDER BY subject, needed.id LIMIT 1000
