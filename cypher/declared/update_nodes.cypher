// purpose: Write new values into nodes that the transaction has locked; a value that is null is taken away.
// parameters: tenant, label, rows
// columns: updated
// mode: write
UNWIND $rows AS row
MATCH (node:Entity {tenant: $tenant, id: row.id})
WHERE $label IN labels(node)
SET node += row.properties, node.version = node.version + 1, node.updated_at = datetime()
RETURN count(node) AS updated
