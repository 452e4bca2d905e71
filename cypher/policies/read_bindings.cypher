// purpose: How policies apply to a project: settings as [policy, enforcement, parameters], exceptions as [policy, node].
// parameters: tenant, project_id, at
// columns: at, tenant_settings, settings, exceptions
// mode: read
// (policy {set_enforcement, set_parameters}), (project)-[:SUBJECT_TO {enforcement, parameters}]->(policy), (policy)-[:EXEMPTS {expires_at}]->(node)
WITH coalesce(datetime($at), datetime.realtime()) AS at
OPTIONAL MATCH (project:Project {tenant: $tenant, id: $project_id})
RETURN toString(at) AS at,
  COLLECT {
    MATCH (policy:Policy {tenant: $tenant})
    WHERE policy.id > '' AND (policy.set_enforcement IS NOT NULL OR size(policy.set_parameters) > 0)
    RETURN [policy.name, policy.set_enforcement, coalesce(policy.set_parameters, [])]
  } AS tenant_settings,
  COLLECT {
    MATCH (project)-[setting:SUBJECT_TO]->(policy:Policy {tenant: $tenant})
    RETURN [policy.name, setting.enforcement, coalesce(setting.parameters, [])]
  } AS settings,
  COLLECT {
    MATCH (policy:Policy {tenant: $tenant})-[exception:EXEMPTS]->(node:Entity {tenant: $tenant})
    WHERE policy.id > '' AND exception.expires_at > at
    RETURN [policy.name, node.id]
  } AS exceptions
