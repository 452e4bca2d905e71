// purpose: Store steps of a plan for services that it has read; a row whose service is gone stores nothing.
// parameters: tenant, plan_id, rows
// columns: created
// mode: write
// (plan)-[:HAS_STEP]->(step)-[:CHANGES]->(service), (plan)-[:READ {version}]->(service)
// A row is [id, key, position, wave, action, kind, service_id, service_name, version_id, image, provider,
// previous_provider, depends_on, waiting_on, before, after, sensitive, unknown, irreversible, policy, reason, path,
// path_edges, the service's version]. All of a step is made at once: to find the service again would cost a search each.
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
WITH plan, datetime() AS now
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row[6]})
CREATE (plan)-[:READ {version: row[23]}]->(service)<-[:CHANGES]-(step:PlanStep {
  tenant: $tenant, id: row[0], version: 1, created_at: now, updated_at: now, plan_id: $plan_id,
  key: row[1], position: row[2], wave: row[3], action: row[4], kind: row[5], service_id: row[6], service_name: row[7],
  version_id: row[8], image: row[9], provider: row[10], previous_provider: row[11], depends_on: row[12],
  waiting_on: row[13], before: row[14], after: row[15], sensitive: row[16], unknown: row[17], irreversible: row[18],
  policy: row[19], reason: row[20], path: row[21], path_edges: row[22]})<-[:HAS_STEP]-(plan)
RETURN count(step) AS created
