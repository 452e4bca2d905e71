// purpose: Who may agree to a plan: people of the team that owns its project, and who may do everything everywhere.
// parameters: tenant, plan_id, roles, everywhere
// columns: id, name
// mode: read
// (plan)-[:FOR]->(application)<-[:CONTAINS]-(project)<-[:OWNS]-(team)<-[:MEMBER_OF {role}]-(user)
// Never who asked for the plan.
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
CALL (plan) {
  MATCH (plan)-[:FOR]->(:Application {tenant: $tenant})<-[:CONTAINS]-(:Project {tenant: $tenant})<-[:OWNS]-(:Team {tenant: $tenant})<-[membership:MEMBER_OF]-(user:User {tenant: $tenant})
  WHERE membership.role IN $roles
  RETURN user
  UNION
  MATCH (:Tenant {tenant: $tenant, id: $tenant})-[:HAS_TEAM]->(:Team {tenant: $tenant})<-[membership:MEMBER_OF]-(user:User {tenant: $tenant})
  WHERE membership.role = $everywhere
  RETURN user
}
WITH plan, user WHERE user.id <> plan.created_by
RETURN user.id AS id, user.name AS name ORDER BY id LIMIT 1000
