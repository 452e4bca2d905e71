// purpose: Write what steps are doing or waiting for; what a row leaves out stays, and one that has ended is left as it is.
// parameters: tenant, fence, rows
// columns: noted
// mode: write
UNWIND $rows AS row
MATCH (record:StepRun {tenant: $tenant, id: row.id})
WHERE NOT record.state IN ['succeeded', 'failed', 'error', 'skipped', 'unknown']
SET record.state = coalesce(row.state, record.state), record.message = coalesce(row.message, record.message),
  record.attempt = coalesce(row.attempt, record.attempt),
  record.started_at = CASE WHEN row.started_ms IS NULL THEN record.started_at ELSE datetime({epochMillis: row.started_ms}) END,
  record.waiting_for = coalesce(row.waiting_for, record.waiting_for),
  record.fence = $fence, record.version = record.version + 1, record.updated_at = datetime()
RETURN count(record) AS noted
