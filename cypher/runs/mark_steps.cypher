// purpose: Note that steps may begin, before they do; one that has ended is left as it is.
// parameters: tenant, fence, ids
// columns: marked
// mode: write
UNWIND $ids AS wanted
MATCH (record:StepRun {tenant: $tenant, id: wanted})
WHERE NOT record.state IN ['succeeded', 'failed', 'error', 'skipped', 'unknown']
SET record.mark = 'pending', record.waiting_for = [], record.fence = $fence, record.version = record.version + 1, record.updated_at = datetime()
RETURN count(record) AS marked
