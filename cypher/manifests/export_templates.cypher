// purpose: Templates as their manifests say them, by id within a range: versions as [name, deprecated, inputs, outputs, workload].
// parameters: tenant, start, until, limit
// columns: id, name, title, description, icon, category, tags, versions
// mode: read
// (template)-[:HAS_VERSION]->(version)
MATCH (template:Template {tenant: $tenant})
WHERE template.id >= $start AND template.id < $until
WITH template ORDER BY template.id LIMIT $limit
RETURN template.id AS id, template.name AS name, template.title AS title, template.description AS description,
  template.icon AS icon, template.category AS category, template.tags AS tags,
  COLLECT {
    MATCH (template)-[:HAS_VERSION]->(version:TemplateVersion {tenant: $tenant})
    RETURN [version.name, version.deprecated, version.inputs, version.outputs, version.workload] ORDER BY version.id
  } AS versions
ORDER BY id
