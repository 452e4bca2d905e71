// purpose: Say which steps of a plan wait for which.
// parameters: tenant, rows
// columns: linked
// mode: write
// (step)-[:REQUIRES]->(required)
UNWIND $rows AS row
MATCH (step:PlanStep {tenant: $tenant, id: row[0]})
MATCH (required:PlanStep {tenant: $tenant, id: row[1]})
CREATE (step)-[:REQUIRES]->(required)
RETURN count(*) AS linked
