// Holds when it is there.
SHOW CONSTRAINTS YIELD name WHERE name = 'schedule_key' RETURN count(*) = 1 AS holds;
