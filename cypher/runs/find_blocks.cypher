// purpose: The steps that policies keep a plan from carrying out.
// parameters: tenant, plan_id
// columns: key, policy, reason, node_ids, node_labels, node_names, edges, decision
// mode: read
// (plan)-[:HAS_STEP]->(step {action: 'blocked'}), (decision)-[:ABOUT]->(plan)
MATCH (plan:Plan {tenant: $tenant, id: $plan_id})-[:HAS_STEP]->(step:PlanStep {tenant: $tenant})
WHERE step.action = 'blocked'
CALL (step) {
  UNWIND range(0, size(step.path) - 1) AS place
  OPTIONAL MATCH (node:Entity {tenant: $tenant, id: step.path[place]})
  WITH place, step.path[place] AS id, node ORDER BY place
  RETURN collect(id) AS node_ids,
    collect(coalesce([label IN labels(node) WHERE label <> 'Entity'][0], '')) AS node_labels,
    collect(coalesce(node.name, id)) AS node_names
}
RETURN step.key AS key, step.policy AS policy, step.reason AS reason, node_ids, node_labels, node_names,
  step.path_edges AS edges,
  COLLECT { MATCH (plan)<-[:ABOUT]-(decision:Decision {tenant: $tenant, policy: step.policy}) RETURN decision.id }[0] AS decision
ORDER BY key LIMIT 100
