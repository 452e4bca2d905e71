// purpose: Create versions of templates; a row whose template is missing makes nothing.
// parameters: tenant, rows
// columns: ids
// mode: write
// (template)-[:HAS_VERSION]->(version)
UNWIND $rows AS row
MATCH (template:Template {tenant: $tenant, id: row.template_id})
CREATE (template)-[:HAS_VERSION]->(version:TemplateVersion:Entity {
  tenant: $tenant, id: row.id, version: 1, created_at: datetime(), updated_at: datetime(), name: row.name,
  digest: row.digest, inputs: row.inputs, outputs: row.outputs, workload: row.workload})
RETURN collect(version.id) AS ids
