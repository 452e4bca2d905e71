// Holds when it is there, filled, and over these properties.
SHOW INDEXES YIELD name, type, state, labelsOrTypes, properties, options
WHERE name = 'entity_text' AND type = 'FULLTEXT' AND state = 'ONLINE' AND labelsOrTypes = ['Entity']
  AND properties = ['tenant', 'id', 'name', 'description']
  AND options.indexConfig['fulltext.analyzer'] = 'standard-no-stop-words'
RETURN count(*) = 1 AS holds;
