// purpose: Store steps of a plan.
// parameters: tenant, plan_id, rows
// columns: created
// mode: write
// (plan)-[:HAS_STEP]->(step)-[:CHANGES]->(service, while it exists)
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
UNWIND $rows AS row
CREATE (plan)-[:HAS_STEP]->(step:PlanStep {
  tenant: $tenant, id: row.id, version: 1, created_at: datetime(), updated_at: datetime(), plan_id: $plan_id,
  key: row.key, position: row.position, wave: row.wave, action: row.action, kind: row.kind,
  service_id: row.service_id, service_name: row.service_name, version_id: row.version_id, image: row.image,
  provider: row.provider, previous_provider: row.previous_provider, depends_on: row.depends_on,
  waiting_on: row.waiting_on, before: row.before, after: row.after, sensitive: row.sensitive, unknown: row.unknown,
  irreversible: row.irreversible, policy: row.policy, reason: row.reason, path: row.path,
  path_edges: row.path_edges})
WITH row, step
OPTIONAL MATCH (service:Service {tenant: $tenant, id: row.service_id})
FOREACH (found IN CASE WHEN service IS NULL THEN [] ELSE [service] END | CREATE (step)-[:CHANGES]->(found))
RETURN count(step) AS created
