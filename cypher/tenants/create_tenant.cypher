// purpose: Create a tenant with its team, its administrator and its providers, unless it is there.
// parameters: tenant, name, team_id, team_name, user_id, user_name, password_hash, role, providers
// columns: created
// mode: write
// (tenant)-[:HAS_TEAM]->(team)<-[:MEMBER_OF]-(user)
MERGE (tenant:Tenant {tenant: $tenant, id: $tenant})
ON CREATE SET tenant.name = $name, tenant.version = 1, tenant.created_at = datetime(), tenant.updated_at = datetime(), tenant._new = true
WITH tenant, coalesce(tenant._new, false) AS created
REMOVE tenant._new
FOREACH (_ IN CASE WHEN created THEN [1] ELSE [] END |
  CREATE (tenant)-[:HAS_TEAM]->(team:Team:Entity {tenant: $tenant, id: $team_id, name: $team_name, version: 1, created_at: datetime(), updated_at: datetime()})
  CREATE (team)<-[:MEMBER_OF {role: $role}]-(:User:Entity {tenant: $tenant, id: $user_id, name: $user_name, password_hash: $password_hash, version: 1, created_at: datetime(), updated_at: datetime()})
)
FOREACH (provider IN $providers |
  MERGE (node:Provider:Entity {tenant: $tenant, id: 'provider:' + provider.name})
  ON CREATE SET node.name = provider.name, node.kinds = provider.kinds, node.version = 1, node.created_at = datetime(), node.updated_at = datetime()
  ON MATCH SET node.kinds = provider.kinds
)
RETURN created
