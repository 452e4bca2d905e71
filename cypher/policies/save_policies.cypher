// purpose: Let the graph know the policies of this release.
// parameters: tenant, rows
// columns: id
// mode: write
UNWIND $rows AS row
MERGE (policy:Policy:Entity {tenant: $tenant, id: 'policy:' + row.name})
ON CREATE SET policy.name = row.name, policy.version = 1, policy.created_at = datetime(), policy.updated_at = datetime()
SET policy.version = policy.version + CASE WHEN policy.digest <> row.digest THEN 1 ELSE 0 END,
  policy.updated_at = CASE WHEN policy.digest <> row.digest THEN datetime() ELSE policy.updated_at END,
  policy.description = row.description, policy.enforcement = row.enforcement, policy.points = row.points,
  policy.owner = row.owner, policy.links = row.links, policy.parameters = row.parameters, policy.digest = row.digest,
  policy.set_parameters = coalesce(policy.set_parameters, [])
RETURN policy.id AS id
