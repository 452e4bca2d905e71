// purpose: Delete the ids of operations that are so old that nobody can ask for them any more, a batch at a time.
// parameters: tenant, hours, most
// columns: forgotten
// mode: write
MATCH (operation:Operation {tenant: $tenant})
WHERE operation.created_at < datetime() - duration({hours: $hours})
WITH operation LIMIT $most
DELETE operation
RETURN count(*) AS forgotten
