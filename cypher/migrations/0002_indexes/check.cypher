// Holds when every one of them is there.
SHOW INDEXES YIELD name
WHERE name IN ['event_seq', 'event_pending', 'event_subject', 'event_correlation', 'run_state', 'run_place', 'step_run_run', 'deployment_place', 'plan_place', 'operation_age']
RETURN count(*) = 10 AS holds;
