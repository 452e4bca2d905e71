// purpose: Say how a policy applies to a project, or to all; without anything to say it is as it comes. No row: no project.
// parameters: tenant, policy_id, project_id, enforcement, parameters
// columns: version, enforcement_before, parameters_before
// mode: write
// (project)-[:SUBJECT_TO {enforcement, parameters}]->(policy), or (policy {set_enforcement, set_parameters})
MATCH (policy:Policy {tenant: $tenant, id: $policy_id})
SET policy.version = policy.version + 1, policy.updated_at = datetime()
WITH policy
OPTIONAL MATCH (project:Project {tenant: $tenant, id: $project_id})
WITH policy, project
WHERE $project_id IS NULL OR project IS NOT NULL
OPTIONAL MATCH (project)-[old:SUBJECT_TO]->(policy)
WITH policy, project, old, CASE WHEN project IS NULL THEN policy.set_enforcement ELSE old.enforcement END AS enforcement_before,
  coalesce(CASE WHEN project IS NULL THEN policy.set_parameters ELSE old.parameters END, []) AS parameters_before
DELETE old
FOREACH (one IN CASE WHEN project IS NULL THEN [policy] ELSE [] END |
  SET one.set_enforcement = $enforcement, one.set_parameters = $parameters)
FOREACH (one IN CASE WHEN project IS NULL OR ($enforcement IS NULL AND size($parameters) = 0) THEN [] ELSE [project] END |
  CREATE (one)-[:SUBJECT_TO {enforcement: $enforcement, parameters: $parameters}]->(policy))
RETURN policy.version AS version, enforcement_before, parameters_before
