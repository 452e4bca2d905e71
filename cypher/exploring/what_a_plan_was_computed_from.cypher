// What the newest plan was computed from, and what of it has changed since: such a plan is refused as stale.
MATCH (plan:Plan {tenant: $tenant, application_id: $application, environment_id: $environment})
WITH plan ORDER BY plan.created_at DESC, plan.id DESC LIMIT 1
MATCH (plan)-[read:READ]->(node:Entity {tenant: $tenant})
RETURN [label IN labels(node) WHERE label <> 'Entity'][0] AS kind, node.id AS id, read.version AS then, node.version AS now,
  node.version <> read.version AS changed
ORDER BY changed DESC, kind, id LIMIT 1000
