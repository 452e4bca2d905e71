// purpose: What a plan would have run, as [service, version, whether that changes, exposure, the edge that leads there].
// parameters: tenant, plan_id
// columns: planned
// mode: read
// (plan)-[:HAS_STEP]->(step)-[:CHANGES]->(service)
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})-[:HAS_STEP]->(step:PlanStep {tenant: $tenant})
WHERE step.action <> 'delete' AND step.version_id IS NOT NULL
OPTIONAL MATCH (step)-[:CHANGES]->(service:Service {tenant: $tenant})
WITH step, service, EXISTS { (service)-[:DESIRES]->(:ServiceVersion {tenant: $tenant, id: step.version_id}) } AS desired
ORDER BY step.service_id
RETURN collect([step.service_id, step.version_id, step.action IN ['create', 'update', 'replace'], service.exposure,
  CASE WHEN desired THEN 'DESIRES' ELSE 'HAS_VERSION' END]) AS planned
