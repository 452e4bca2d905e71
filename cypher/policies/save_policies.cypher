// purpose: Let the graph know the policies that are in force.
// parameters: tenant, rows
// columns: id
// mode: write
UNWIND $rows AS row
MERGE (policy:Policy:Entity {tenant: $tenant, id: 'policy:' + row.name})
ON CREATE SET policy.name = row.name, policy.version = 1, policy.created_at = datetime(), policy.updated_at = datetime()
SET policy.description = row.description, policy.enforcement = row.enforcement, policy.points = row.points
RETURN policy.id AS id
