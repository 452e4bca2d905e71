// Holds when both are there: a constraint brings an index of its name.
SHOW INDEXES YIELD name
WHERE name IN ['approval_key', 'approval_application']
RETURN count(*) = 2 AS holds;
