// purpose: What template versions make of which inputs; `template_found` says whether there is the template at least.
// parameters: tenant, rows
// columns: id, template_found, inputs, workload
// mode: read
// a row is [template, version]
UNWIND $rows AS row
OPTIONAL MATCH (template:Template {tenant: $tenant, id: row[0]})
OPTIONAL MATCH (version:TemplateVersion {tenant: $tenant, id: row[1]})
RETURN row[1] AS id, template IS NOT NULL AS template_found, version.inputs AS inputs, version.workload AS workload
