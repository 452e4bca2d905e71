// What a bug could leave behind: beside every edge of $own one from its node to the same node of $foreign, and one back.
MATCH (source {tenant: $own})-[edge]->(target {tenant: $own})
MATCH (twin {tenant: $foreign, id: CASE WHEN target.id = $own THEN $foreign ELSE target.id END})
WHERE labels(twin) = labels(target)
MATCH (origin {tenant: $foreign, id: CASE WHEN source.id = $own THEN $foreign ELSE source.id END})
WHERE labels(origin) = labels(source)
CREATE (source)-[out:$(type(edge))]->(twin)
CREATE (origin)-[back:$(type(edge))]->(target)
SET out += properties(edge), back += properties(edge)
RETURN count(*) AS edges
