// purpose: Take the schedules whose time has come, or whose next time is not reckoned yet; each by one worker for a while.
// parameters: tenant, now_ms, until_ms, most
// columns: id, version, application_id, environment_id, cron, zone, catch_up, on_failure, next_ms
// mode: write
// Without next_ms the next time has to be reckoned: it is new, or what it says was changed.
// (application)-[:HAS_SCHEDULE]->(schedule)-[:DEPLOYS_TO]->(environment)
MATCH (schedule:Schedule {tenant: $tenant})
WHERE schedule.id > '' AND NOT schedule.paused AND coalesce(schedule._until_ms, 0) < $now_ms
  AND (schedule.next_at IS NULL OR schedule.next_at.epochMillis <= $now_ms OR schedule.reckoned_for <> schedule.cron + ' ' + schedule.zone)
WITH schedule ORDER BY schedule.id LIMIT $most
SET schedule._lock = true
WITH schedule
REMOVE schedule._lock
WITH schedule
WHERE NOT schedule.paused AND coalesce(schedule._until_ms, 0) < $now_ms
SET schedule._until_ms = $until_ms
WITH schedule
MATCH (application:Application {tenant: $tenant})-[:HAS_SCHEDULE]->(schedule)-[:DEPLOYS_TO]->(environment:Environment {tenant: $tenant})
RETURN schedule.id AS id, schedule.version AS version, application.id AS application_id, environment.id AS environment_id,
  schedule.cron AS cron, schedule.zone AS zone, schedule.catch_up AS catch_up, schedule.on_failure AS on_failure,
  CASE WHEN schedule.reckoned_for = schedule.cron + ' ' + schedule.zone THEN schedule.next_at.epochMillis END AS next_ms
