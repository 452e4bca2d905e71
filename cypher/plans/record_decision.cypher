// purpose: Record that somebody agrees to a plan or says no, for every plan of the same digest in the same place.
// parameters: tenant, id, plan_id, application_id, environment_id, digest, verdict, from, by, comment
// columns: version, decided
// mode: write
// (user)-[:GAVE]->(approval)-[:OF]->(plan)
// `from` are the states that the decision ends. A no takes back what others agreed to.
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})
MATCH (user:User {tenant: $tenant, id: $by})
CREATE (user)-[:GAVE]->(approval:Approval {
  tenant: $tenant, id: $id, version: 1, created_at: datetime(), updated_at: datetime(), at: datetime(), digest: $digest,
  verdict: $verdict, by: $by, comment: $comment, application_id: $application_id, environment_id: $environment_id})
WITH plan, approval
CALL (approval) {
  MATCH (other:Plan {tenant: $tenant, application_id: $application_id})
  WHERE other.environment_id = $environment_id AND other.digest = $digest AND other.approval IN $from
    AND ($verdict <> 'granted' OR other.created_by <> $by)
  SET other.approval = $verdict, other.version = other.version + 1, other.updated_at = datetime()
  CREATE (approval)-[:OF]->(other)
  RETURN count(other) AS decided
}
CALL (approval) {
  MATCH (old:Approval {tenant: $tenant, application_id: $application_id})
  USING INDEX old:Approval(tenant, application_id, id)
  WHERE $verdict <> 'granted' AND old.environment_id = $environment_id AND old.digest = $digest
    AND old.verdict = 'granted' AND old.voided_at IS NULL AND old.id > ''
  SET old.voided_at = datetime(), old.version = old.version + 1, old.updated_at = datetime()
  RETURN count(old) AS voided
}
RETURN plan.version AS version, decided
