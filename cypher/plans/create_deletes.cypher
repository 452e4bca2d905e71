// purpose: Store steps of a plan that take away what no service declares any more.
// parameters: tenant, plan_id, rows
// columns: created
// mode: write
// (plan)-[:HAS_STEP]->(step)-[:CHANGES]->(service, where there is one by that id)
// A row is that of create_steps, without a service's version.
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
WITH plan, datetime() AS now
UNWIND $rows AS row
CREATE (plan)-[:HAS_STEP]->(step:PlanStep {
  tenant: $tenant, id: row[0], version: 1, created_at: now, updated_at: now, plan_id: $plan_id,
  key: row[1], position: row[2], wave: row[3], action: row[4], kind: row[5], service_id: row[6], service_name: row[7],
  version_id: row[8], image: row[9], provider: row[10], previous_provider: row[11], depends_on: row[12],
  waiting_on: row[13], before: row[14], after: row[15], sensitive: row[16], unknown: row[17], irreversible: row[18],
  policy: row[19], reason: row[20], path: row[21], path_edges: row[22]})
WITH row, step
OPTIONAL MATCH (service:Service {tenant: $tenant, id: row[6]})
FOREACH (found IN CASE WHEN service IS NULL THEN [] ELSE [service] END | CREATE (step)-[:CHANGES]->(found))
RETURN count(step) AS created
