// purpose: Which template version each of these services is an instance of, and with which configuration.
// parameters: tenant, ids
// columns: id, version_id, configuration
// mode: read
// (service)-[:INSTANCE_OF]->(version)
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})-[:INSTANCE_OF]->(version:TemplateVersion {tenant: $tenant})
RETURN service.id AS id, version.id AS version_id, service.configuration AS configuration
