// What people search by: everything that can be named, by its name, its id and what it is for.
// The tenant is indexed as well: a search names it, so that it does not walk through the hits of all others.
// standard-no-stop-words makes words of what stands between dashes, slashes and at signs, in lower case and in any script; it
// keeps versions (v0.10.4) whole, and it drops no word: services are called "it" and policies "no-…". The others stem
// languages, which names are not in, drop digits (simple), or keep paths as one word (keyword, whitespace).
CREATE FULLTEXT INDEX entity_text IF NOT EXISTS FOR (n:Entity) ON EACH [n.tenant, n.id, n.name, n.description]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-no-stop-words', `fulltext.eventually_consistent`: false}};
CALL db.awaitIndexes(300);
