// purpose: Let locked services no longer be instances of a template.
// parameters: tenant, ids
// columns: ended
// mode: write
// (service)-[:INSTANCE_OF]->(version)
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})-[old:INSTANCE_OF]->(:TemplateVersion {tenant: $tenant})
DELETE old
REMOVE service.configuration
RETURN count(*) AS ended
