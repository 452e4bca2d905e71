// purpose: Write how steps have ended; one that has ended before is left as it is.
// parameters: tenant, fence, rows
// columns: ended
// mode: write
UNWIND $rows AS row
MATCH (record:StepRun {tenant: $tenant, id: row.id})
WHERE NOT record.state IN ['succeeded', 'failed', 'error', 'skipped', 'unknown']
SET record.state = row.state, record.message = row.message, record.error = row.error, record.attempt = row.attempt,
  record.mark = row.mark, record.outputs = row.outputs, record.waiting_for = [],
  record.started_at = CASE WHEN row.started_ms IS NULL THEN record.started_at ELSE datetime({epochMillis: row.started_ms}) END,
  record.finished_at = datetime({epochMillis: row.finished_ms}), record.duration_ms = row.duration_ms,
  record.fence = $fence, record.version = record.version + 1, record.updated_at = datetime()
RETURN count(record) AS ended
