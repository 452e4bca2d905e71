// purpose: Say which steps of a plan wait for which.
// parameters: tenant, rows
// columns: linked
// mode: write
// (step)-[:REQUIRES]->(required); a row is [step, all that it requires], so that it is looked up once
UNWIND $rows AS row
MATCH (step:PlanStep {tenant: $tenant, id: row[0]})
UNWIND row[1] AS wanted
MATCH (required:PlanStep {tenant: $tenant, id: wanted})
CREATE (step)-[:REQUIRES]->(required)
RETURN count(*) AS linked
