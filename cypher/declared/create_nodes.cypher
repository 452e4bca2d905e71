// purpose: Create nodes of one label as parts of others; a row whose parent is missing makes nothing.
// parameters: tenant, label, rows, parent_label, parent_type
// columns: ids
// mode: write
// (parent)-[$parent_type]->(node:$label)
WITH datetime() AS now
UNWIND $rows AS row
MATCH (parent:Entity {tenant: $tenant, id: row.parent_id})
WHERE $parent_label IN labels(parent)
CREATE (parent)-[:$($parent_type)]->(node:Entity:$($label) {tenant: $tenant, id: row.id, version: 1, created_at: now, updated_at: now, name: row.name})
SET node += row.properties
RETURN collect(node.id) AS ids
