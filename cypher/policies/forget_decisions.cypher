// purpose: Delete decisions that are older than so many days, the oldest first.
// parameters: tenant, days, most
// columns: forgotten
// mode: write
MATCH (decision:Decision {tenant: $tenant})
WHERE decision.at < datetime() - duration({days: $days}) AND decision.id > ''
WITH decision ORDER BY decision.at LIMIT $most
DETACH DELETE decision
RETURN count(*) AS forgotten
