// purpose: Say which run a run undoes, and let the next look for overdue runs find it at once.
// parameters: tenant, id, run_id
// columns: id
// mode: write
// (rollback)-[:ROLLS_BACK]->(run)
MATCH (rollback:Run {tenant: $tenant, id: $id})
MATCH (run:Run {tenant: $tenant, id: $run_id})
CREATE (rollback)-[:ROLLS_BACK]->(run)
SET rollback.rung_at = datetime({epochMillis: 0})
RETURN rollback.id AS id
