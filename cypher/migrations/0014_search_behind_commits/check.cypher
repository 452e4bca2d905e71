// Holds when it is there, filled, and kept up behind the commits.
SHOW INDEXES YIELD name, type, state, options
WHERE name = 'entity_text' AND type = 'FULLTEXT' AND state = 'ONLINE'
  AND options.indexConfig['fulltext.eventually_consistent'] = true
RETURN count(*) = 1 AS holds;
