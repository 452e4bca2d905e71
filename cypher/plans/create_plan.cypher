// purpose: Store a plan without its steps.
// parameters: tenant, id, application_id, environment_id, digest, state, provider, created_by, creates, updates, replaces,
//   deletes, no_ops, blocked, waves, acting, reads, warnings, irreversible, cost_change, approval, approval_reasons,
//   impact, impact_digest
// columns: id
// mode: write
// (plan)-[:FOR]->(application), (plan)-[:IN]->(environment)
MATCH (application:Application {tenant: $tenant, id: $application_id})
MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
CREATE (plan:Plan:Entity {
  tenant: $tenant, id: $id, version: 1, created_at: datetime(), updated_at: datetime(), digest: $digest, state: $state,
  application_id: $application_id, environment_id: $environment_id, provider: $provider, created_by: $created_by,
  creates: $creates, updates: $updates, replaces: $replaces, deletes: $deletes, no_ops: $no_ops, blocked: $blocked,
  waves: $waves, acting: $acting, reads: $reads, warnings: $warnings,
  irreversible: $irreversible, cost_change: $cost_change,
  approval: $approval, approval_reasons: $approval_reasons,
  impact: $impact, impact_digest: $impact_digest})
CREATE (plan)-[:FOR]->(application)
CREATE (plan)-[:IN]->(environment)
RETURN plan.id AS id
