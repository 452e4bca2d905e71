// purpose: Say of versions whether they are not to be deployed any more; a version of which that was said already is left as it is.
// parameters: tenant, rows, operation
// columns: id, version, before
// mode: write
// a row is [version, deprecated]
UNWIND $rows AS row
MATCH (version:ServiceVersion {tenant: $tenant, id: row[0]})
SET version._lock = $operation
WITH version, row[1] AS deprecated
REMOVE version._lock
WITH version, deprecated, coalesce(version.deprecated, false) AS before
WHERE before <> deprecated
SET version.deprecated = deprecated, version.version = version.version + 1, version.updated_at = datetime()
RETURN version.id AS id, version.version AS version, before
ORDER BY id
