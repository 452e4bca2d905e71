"""What filters and orders mean, said a second time in Python: nodes as they are, and which of them a filter keeps."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cmp_to_key

from neo4j.time import DateTime

from app.projection.model import Hop, Leaf, LeafKind, NodeType, ToMany, ToOne
from tests.projection.reads import COMPILER

TYPES = COMPILER.model.types

# Values repeat and are missing where they may be; some edges are missing, some nodes have many.
WORLD = """
UNWIND range(0, 2) AS number
CREATE (project:Project:Entity {tenant: $tenant, id: 'p' + number, name: ['shop', 'Cart', 'shop'][number], version: 1,
  created_at: datetime('2026-03-01T10:00:00Z'), updated_at: datetime('2026-03-01T10:00:00.5Z'),
  description: CASE number WHEN 1 THEN 'service a' END})
WITH project, number
UNWIND range(0, 3) AS stage
CREATE (project)-[:HAS_ENVIRONMENT]->(environment:Environment:Entity {tenant: $tenant, id: project.id + '@e' + stage,
  name: ['s', 'cart', 's1', 's'][stage], stage: ['development', 'staging', 'production', 'production'][stage],
  namespace: 'n', version: stage, created_at: datetime('2026-03-02T00:00:00Z'),
  updated_at: datetime('2026-03-01T10:00:00Z'),
  description: CASE WHEN stage > 1 THEN 'Shop ' + stage END})
WITH project, number, collect(environment) AS environments
FOREACH (at IN [0, 1] | FOREACH (lower IN [environments[at]] | FOREACH (upper IN [environments[at + 1]] |
  CREATE (lower)-[:PROMOTES_TO]->(upper))))
WITH project, number, environments
UNWIND range(0, 1) AS part
CREATE (project)-[:CONTAINS]->(application:Application:Entity {tenant: $tenant, id: project.id + '/a' + part, name: 'a',
  version: part + 1, created_at: datetime('2020-01-01T00:00:00Z'), updated_at: datetime('2026-03-01T10:00:00Z')})
WITH environments, application, part
UNWIND range(0, 3 + part) AS place
CREATE (application)-[:HAS_SERVICE]->(service:Service:Entity {tenant: $tenant, id: application.id + '/s' + place,
  name: ['cart', 's', 's1', 'a', 'Cart'][place], kind: 'Workload', version: place % 3,
  created_at: datetime('2026-03-01T10:00:00.' + place + 'Z'), updated_at: datetime('2026-03-02T00:00:00Z'),
  description: CASE WHEN place % 2 = 0 THEN 'service S' + place END})
WITH environments, service, place
FOREACH (number IN range(1, place) | CREATE (service)-[:HAS_VERSION]->(:ServiceVersion:Entity {tenant: $tenant,
  id: service.id + ':v' + number, name: 'v' + number, digest: 'd', image: ['cart', 'shop', 'a'][number % 3],
  replicas: number, ports: CASE number WHEN 1 THEN ['http:80:8080', 'a'] ELSE [] END, version: 1,
  created_at: datetime('2026-03-01T10:00:00Z'), updated_at: datetime('2026-03-01T10:00:00Z'),
  probe_kind: CASE number WHEN 2 THEN 'http' END, probe_port: CASE number WHEN 2 THEN 7 END}))
FOREACH (at IN range(1, place) | FOREACH (environment IN [environments[at - 1]] |
  CREATE (service)<-[:OF]-(:Deployment:Entity {tenant: $tenant, id: service.id + '@' + environment.name + at,
    version: at,
    created_at: datetime('2026-03-01T10:00:00Z'), updated_at: datetime('2026-03-01T10:00:00Z'), kind: 'Workload',
    status: ['running', 'succeeded', 'failed', 'succeeded'][at - 1], depends_on: ['shop'], service_id: service.id,
    application_id: 'shop', environment_id: environment.id, service_name: service.name,
    message: CASE at WHEN 2 THEN 'Cart s' END, outputs: CASE at WHEN 3 THEN ['a', 's'] END,
    deployed_at: CASE WHEN at % 2 = 1 THEN datetime('2026-03-0' + at + 'T00:00:00Z') END})-[:IN]->(environment)))
"""
EDGES = """
MATCH (service:Service {tenant: $tenant})
WITH service ORDER BY service.id
WITH collect(service) AS services
UNWIND range(0, size(services) - 1) AS at
UNWIND range(1, at % 4) AS step
WITH services[at] AS service, services[(at * 3 + step * 5) % size(services)] AS other, at + step AS sum
CREATE (service)-[:DEPENDS_ON {kind: CASE sum % 3 WHEN 0 THEN 'hard' WHEN 1 THEN 'soft' END}]->(other)
WITH DISTINCT service
OPTIONAL MATCH (service)-[:HAS_VERSION]->(version:ServiceVersion {tenant: $tenant, name: 'v2'})
FOREACH (one IN CASE WHEN version IS NULL THEN [] ELSE [version] END | CREATE (service)-[:DESIRES]->(one))
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the world, by identity."""

    key: str
    label: str
    properties: Mapping[str, object]


@dataclass(slots=True)
class World:
    """The graph, in memory."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], list[tuple[Mapping[str, object], str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def of(self, node_type: NodeType) -> list[Node]:
        return [each for each in self.nodes.values() if each.label == node_type.label]

    def reached(self, start: Node, hops: Sequence[Hop]) -> Iterator[tuple[Mapping[str, object], Node]]:
        """Where an edge's path leads, with the properties of its last relationship."""
        for properties, key in self.edges[(start.key, hops[0].type, hops[0].direction.value)]:
            node = self.nodes[key]
            if node.label != hops[0].label:
                continue
            if len(hops) == 1:
                yield properties, node
            else:
                yield from self.reached(node, hops[1:])

    def meets(self, node_type: NodeType, where: Mapping[str, object], node: Node) -> bool:
        """Whether a node meets everything that a filter says."""
        return all(
            finds(str(asked), node.properties) if name == "search" else self._one(node_type, name, asked, node)
            for name, asked in where.items()
        )

    def _one(self, node_type: NodeType, name: str, asked: object, node: Node) -> bool:
        if isinstance(asked, list):
            each = [self.meets(node_type, one, node) for one in asked]
            return all(each) if name == "and" else any(each)
        assert isinstance(asked, dict)
        match node_type.fields.get(name):
            case Leaf() as leaf:
                return compares(leaf, asked, node.properties.get(leaf.property))
            case ToOne() as edge:
                return any(self.meets(TYPES[edge.target], asked, end) for _, end in self.reached(node, edge.hops))
            case ToMany() as edge:
                return all(self._quantified(edge, said, wanted, node) for said, wanted in asked.items())
        assert name == "not"
        return not self.meets(node_type, asked, node)

    def _quantified(self, edge: ToMany, said: str, wanted: Mapping[str, object], node: Node) -> bool:
        met = [self._edge(edge, wanted, own, end) for own, end in self.reached(node, edge.hops)]
        return {"some": any(met), "none": not any(met), "every": all(met)}[said]

    def _edge(self, edge: ToMany, wanted: Mapping[str, object], own: Mapping[str, object], end: Node) -> bool:
        if not edge.properties:
            return self.meets(TYPES[edge.target], wanted, end)
        for name, asked in wanted.items():
            assert isinstance(asked, dict)
            if name == "node":
                if not self.meets(TYPES[edge.target], asked, end):
                    return False
            elif not compares(edge.properties[name], asked, own.get(edge.properties[name].property)):
                return False
        return True


def _words(text: object) -> list[str]:
    return re.findall(r"[a-z0-9]+", str(text or "").lower())


def finds(text: str, properties: Mapping[str, object]) -> bool:
    """Whether a text finds a node: each word begins one of the node's, or is one of its name's a little mistyped."""
    name = _words(properties.get("name"))
    all_ = [*name, *_words(properties.get("id")), *_words(properties.get("description"))]
    words = _words(text)
    return bool(words) and all(
        any(one.startswith(word) for one in all_) or (len(word) >= 4 and any(one_off(word, one) for one in name))
        for word in words
    )


def one_off(one: str, other: str) -> bool:
    """Whether two words differ by one letter, or by two neighbours that changed places."""
    if len(one) > len(other):
        one, other = other, one
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[:at] + one[at + 1 : at + 2] + one[at : at + 1] + one[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped == other


def compares(leaf: Leaf, asked: Mapping[str, object], value: object) -> bool:
    """Whether a stored value meets everything that its operators say."""
    return all(_compares(leaf, name, wanted, value) for name, wanted in asked.items())


def _compares(leaf: Leaf, name: str, wanted: object, value: object) -> bool:
    if name == "not":
        assert isinstance(wanted, dict)
        return not compares(leaf, wanted, value)
    if name == "isNull":
        return (value is None) == wanted
    if value is None:
        return False
    if name == "in":
        assert isinstance(wanted, list)
        return any(_compares(leaf, "eq", each, value) for each in wanted)
    stored, sought = _comparable(leaf, value), _sought(leaf, wanted)
    if name == "has":
        assert isinstance(stored, list)
        return sought in stored
    if name in ("contains", "startsWith"):
        assert isinstance(stored, str)
        assert isinstance(sought, str)
        return sought.lower() in stored.lower() if name == "contains" else stored.startswith(sought)
    order = _order(stored, sought)
    return {"eq": order == 0, "lt": order < 0, "lte": order <= 0, "gt": order > 0, "gte": order >= 0}[name]


def _comparable(leaf: Leaf, value: object) -> object:
    return value.to_native() if isinstance(value, DateTime) else value


def _sought(leaf: Leaf, wanted: object) -> object:
    if leaf.kind is LeafKind.TIME:
        return datetime.fromisoformat(str(wanted))
    names = {name: stored for stored, name in leaf.names.items()}
    return names[str(wanted)] if leaf.kind is LeafKind.ENUM else wanted


def _order(one: object, other: object) -> int:
    if one == other:
        return 0
    return -1 if one < other else 1  # type: ignore[operator]


def sorted_by(node_type: NodeType, order: Sequence[Mapping[str, object]], nodes: Sequence[Node]) -> list[Node]:
    """Nodes in an order; what has no value is the greatest, and the id is the last key."""
    keys = [(name, direction == "DESC") for each in order for name, direction in each.items()]
    keys.append(("id", keys[-1][1] if keys else False))

    def compare(one: Node, other: Node) -> int:
        for name, descending in keys:
            leaf = node_type.fields[name]
            assert isinstance(leaf, Leaf)
            left, right = one.properties.get(leaf.property), other.properties.get(leaf.property)
            found = (left is None) - (right is None) if left is None or right is None else _order(left, right)
            if found:
                return -found if descending else found
        return 0

    return sorted(nodes, key=cmp_to_key(compare))
