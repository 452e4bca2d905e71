// Holds when every one of them is there.
SHOW INDEXES YIELD name
WHERE name IN ['decision_key', 'freeze_key', 'violation_key', 'decision_policy', 'decision_verdict', 'decision_at', 'violation_policy', 'service_exposure', 'service_data_class']
RETURN count(*) = 9 AS holds;
