// purpose: Let a new plan have the approval that another one of the same digest was given, if one stands.
// parameters: tenant, plan_id, application_id, environment_id, digest, created_by
// columns: id, by
// mode: write
// (approval)-[:OF]->(plan)
// What somebody agreed to for others is no approval of a plan of their own.
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
MATCH (approval:Approval {tenant: $tenant, application_id: $application_id})
USING INDEX approval:Approval(tenant, application_id, id)
WHERE approval.environment_id = $environment_id AND approval.digest = $digest AND approval.verdict = 'granted'
  AND approval.voided_at IS NULL AND approval.by <> $created_by AND approval.id > ''
WITH plan, approval ORDER BY approval.id LIMIT 1
SET plan.approval = 'granted'
CREATE (approval)-[:OF]->(plan)
RETURN approval.id AS id, approval.by AS by
