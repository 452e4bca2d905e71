// purpose: Take back the approvals of what an application would have become in an environment, where it is now another.
// parameters: tenant, application_id, environment_id, digest
// columns: id, by, digest, plan_ids
// mode: write
// (approval)-[:OF]->(plan)
MATCH (approval:Approval {tenant: $tenant, application_id: $application_id})
USING INDEX approval:Approval(tenant, application_id, id)
WHERE approval.id > '' AND approval.environment_id = $environment_id AND approval.digest <> $digest AND approval.verdict = 'granted'
  AND approval.voided_at IS NULL
SET approval.voided_at = datetime(), approval.version = approval.version + 1, approval.updated_at = datetime()
WITH approval
CALL (approval) {
  MATCH (approval)-[:OF]->(plan:Plan {tenant: $tenant})
  WHERE plan.approval = 'granted'
  SET plan.approval = 'required', plan.version = plan.version + 1, plan.updated_at = datetime()
  RETURN collect(plan.id) AS plan_ids
}
RETURN approval.id AS id, approval.by AS by, approval.digest AS digest, plan_ids ORDER BY id
