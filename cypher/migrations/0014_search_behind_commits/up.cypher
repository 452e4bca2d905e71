// The index of what people search is kept up behind the commits, not within them: a run of a thousand steps spent a
// sixth of its time on it. Whoever searches waits first until the index has what was committed (app/projection/hits.py),
// so that everybody finds what they have written.
DROP INDEX entity_text IF EXISTS;
CREATE FULLTEXT INDEX entity_text IF NOT EXISTS FOR (n:Entity) ON EACH [n.tenant, n.id, n.name, n.description]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-no-stop-words', `fulltext.eventually_consistent`: true}};
CALL db.awaitIndexes(300);
