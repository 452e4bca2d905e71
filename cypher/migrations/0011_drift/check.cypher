// Holds when it is there.
SHOW INDEXES YIELD name WHERE name = 'deployment_drifted' RETURN count(*) = 1 AS holds;
