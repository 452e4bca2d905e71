// purpose: Services as they are declared, for a picture: their names, the version each desires, what they depend on.
// parameters: tenant, ids
// columns: services, dependencies
// mode: read
// (service)-[:DESIRES]->(version), (service)-[:DEPENDS_ON]->(target)
// services are [id, name, version's id, version's name], dependencies [from, to, kind] among them.
CALL () {
  UNWIND $ids AS wanted
  MATCH (service:Service {tenant: $tenant, id: wanted})
  OPTIONAL MATCH (service)-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
  WITH service, version ORDER BY service.id
  RETURN collect([service.id, service.name, version.id, version.name]) AS services
}
CALL () {
  UNWIND $ids AS wanted
  MATCH (service:Service {tenant: $tenant, id: wanted})-[edge:DEPENDS_ON]->(target:Service {tenant: $tenant})
  WHERE target.id IN $ids
  WITH service, edge, target ORDER BY service.id, target.id
  RETURN collect([service.id, target.id, edge.kind]) AS dependencies
}
RETURN services, dependencies
