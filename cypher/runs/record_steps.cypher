// purpose: Write what became of steps into their records; a step that has ended is left as it is.
// parameters: tenant, fence, rows
// columns: recorded
// mode: write
UNWIND $rows AS row
MATCH (record:StepRun {tenant: $tenant, id: row.id})
WHERE NOT record.state IN ['succeeded', 'failed', 'error', 'skipped', 'unknown']
SET record += row.values, record.fence = $fence, record.version = record.version + 1, record.updated_at = datetime()
RETURN count(record) AS recorded
