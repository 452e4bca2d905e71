// purpose: Take away the edges of one type by which nodes that stay depend on nodes that go, and raise the former's versions.
// parameters: tenant, ids, leaving, type, label
// columns: id, version, released, kept
// mode: write
// (other:label)-[type]->(node); released and kept are the ids that such edges led to and still lead to
UNWIND $ids AS wanted
MATCH (node:Entity {tenant: $tenant, id: wanted})<-[edge:$($type)]-(other:Entity {tenant: $tenant})
WHERE $label IN labels(other) AND NOT other.id IN $leaving
WITH other, node.id AS end, edge ORDER BY end
WITH other, collect(end) AS released, collect(edge) AS edges
FOREACH (each IN edges | DELETE each)
SET other.version = other.version + 1, other.updated_at = datetime()
WITH other, released
RETURN other.id AS id, other.version AS version, released,
  COLLECT { MATCH (other)-[:$($type)]->(rest:Entity {tenant: $tenant}) RETURN rest.id ORDER BY rest.id } AS kept
ORDER BY id
