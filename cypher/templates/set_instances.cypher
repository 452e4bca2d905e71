// purpose: Make locked services instances of template versions; a row whose version is missing makes nothing.
// parameters: tenant, rows
// columns: ids
// mode: write
// (service)-[:INSTANCE_OF]->(version); a row is [service, version, configuration]
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row[0]})
MATCH (version:TemplateVersion {tenant: $tenant, id: row[1]})
OPTIONAL MATCH (service)-[old:INSTANCE_OF]->(:TemplateVersion {tenant: $tenant})
DELETE old
CREATE (service)-[:INSTANCE_OF]->(version)
SET service.configuration = row[2]
RETURN collect(service.id) AS ids
