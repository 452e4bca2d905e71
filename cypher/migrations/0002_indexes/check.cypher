// Returns one row for each index that is missing.
SHOW INDEXES YIELD name
WITH collect(name) AS present
UNWIND ['event_seq', 'event_pending', 'event_subject', 'event_correlation', 'run_state', 'run_place', 'step_run_run', 'deployment_place', 'plan_place', 'operation_age'] AS wanted
WITH wanted, present WHERE NOT wanted IN present
RETURN wanted AS missing;
