"""What the deletion of one of very many services reaches: a chain, a tree, and a graph with three dependencies each.

Ours is asked as people ask, in GraphQL, with everything but the socket. The peers run a statement written for exactly
this question and dump the same body: one returns a row a node, the other one collected list. Both check the tenant of
every node of a path, as each statement of Trellis must; a third, without a target, looks at no tenant at all.

Then all that people are shown before they delete something, of services drawn from a graph of seven layers with three
dependencies for each service: nodes with paths, owners and environments, counts and the digest.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from neo4j import AsyncDriver, AsyncGraphDatabase
from pydantic import JsonValue

from app.graph import Graph
from benchmarks.figures import Figure, Measured, percentile
from benchmarks.servers import Servers, tenant
from tests.http.caller import Caller
from tests.platform import Platform

BATCH: Final = 5_000
ROOT: Final = "shop/boutique/s000000"
QUERY: Final = "query($node: ID!) { impact(node: $node, change: DELETE) { total ids } }"
# The far end has neither label nor property in the pattern: with an index to find it by, the database may look for the
# paths between both ends, one by one, and a graph of 200 nodes has more of them than it can count.
_PATH: Final = (
    "MATCH path = (:Entity {tenant: $tenant, id: $id})<-[:DEPENDS_ON*1..]-(user) "
    "WHERE all(each IN nodes(path) WHERE each.tenant = $tenant) WITH DISTINCT user "
)
STATEMENTS: Final = {
    "one row a node": _PATH + "RETURN user.id AS id",
    "bare collect": _PATH + "RETURN collect(user.id) AS ids",
    "bare collect without tenants": (
        "MATCH (:Entity {tenant: $tenant, id: $id})<-[:DEPENDS_ON*1..]-(user) WITH DISTINCT user "
        "RETURN collect(user.id) AS ids"
    ),
}
TARGETS: Final = {"one row a node": 8.0, "bare collect": round(1 / 1.3, 2), "bare collect without tenants": None}
"""How many times faster ours must be: 0.77 times is 1.3 times as slow."""


LAYERS: Final = 7
"""Of the graph of which everything is shown: dependencies are at most six deep."""
MOST_MS: Final = 500.0
"""Within how many milliseconds everything is shown, in 95 of 100 cases."""
SHOWN: Final = """query($node: ID!) { impact(node: $node, change: DELETE) {
  total truncated digest counts { label count }
  affected(first: 20) {
    nodes { node { id name } hard hops nodes { id } edges { from to type kind } owner { id } environments }
    pageInfo { hasNextPage }
  }
} }"""


class AnswersDiffer(Exception):
    """Ours and a peer do not find the same."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A graph of services numbered from 0: each with those it needs, all of lower numbers."""

    name: str
    needs: Callable[[int], Sequence[int]]


def shapes(nodes: int) -> tuple[Shape, ...]:
    """The graphs that are measured, the same ones every time."""
    chance = random.Random(1)
    far = max(1, nodes // 20)
    drawn = [
        sorted({chance.randrange(max(0, one - far), one) for _ in range(3)}) if one else [] for one in range(nodes)
    ]
    return (
        Shape("chain", lambda one: [one - 1] if one else []),
        Shape("tree", lambda one: [(one - 1) // 10] if one else []),
        Shape("DAG", lambda one: drawn[one]),
    )


def layered(nodes: int) -> Shape:
    """Seven layers of as many services; each needs three or four of the layer before it, so that there are about three
    dependencies for each service, the same ones every time."""
    chance = random.Random(2)
    wide = max(1, nodes // LAYERS)
    drawn: list[list[int]] = []
    for one in range(nodes):
        layer = min(one // wide, LAYERS - 1)
        before = range((layer - 1) * wide, layer * wide) if layer else range(0)
        drawn.append(sorted(chance.sample(before, min(3 + one % 2, len(before)))))
    return Shape("layers", lambda one: drawn[one])


def reached(nodes: int, shape: Shape, start: int) -> int:
    """How many services need one, however far away: what an impact must find."""
    users: dict[int, list[int]] = {}
    for one in range(nodes):
        for needed in shape.needs(one):
            users.setdefault(needed, []).append(one)
    seen, waiting = {start}, [start]
    while waiting:
        for user in users.get(waiting.pop(), ()):
            if user not in seen:
                seen.add(user)
                waiting.append(user)
    return len(seen) - 1


async def measure(servers: Servers, *, rounds: int, nodes: int = 100_000, asked: int = 200) -> Measured:
    """Ask for the impact of the first node, ours and the peers in turn, after a round that does not count.

    Then for everything that is shown of the impact of `asked` services, drawn from all.
    """
    figures: list[Figure] = []
    edges: dict[str, JsonValue] = {}
    settings = servers.graph
    async with AsyncGraphDatabase.driver(
        settings.uri, auth=(settings.user, settings.password), notifications_min_severity="OFF"
    ) as driver:
        for shape in shapes(nodes):
            async with tenant(servers) as owner:
                edges[shape.name] = await seed(owner.graph, owner.name, nodes, shape)
                samples = await _rounds(driver, Platform(owner.graph, owner.name), rounds=rounds, expected=nodes - 1)
            figures += [
                Figure(
                    f"impact over a {shape.name}",
                    "ms",
                    tuple(samples["ours"]),
                    tuple(samples[name]),
                    times=times,
                    against=name,
                )
                for name, times in TARGETS.items()
            ]
    shape = layered(nodes)
    async with tenant(servers) as owner:
        edges[shape.name] = await seed(owner.graph, owner.name, nodes, shape)
        shown = await _shown(Platform(owner.graph, owner.name), shape, rounds=rounds, nodes=nodes, asked=asked)
    figures += [
        Figure(f"all that is shown, {name}", "ms", tuple(percentile(one, part) for one in shown), most=most)
        for name, part, most in (("median", 0.5, None), ("95th percentile", 0.95, MOST_MS))
    ]
    return Measured(
        benchmark="impact",
        title=f"Impact from one node of {nodes:,}",
        peer="statements for this question alone, and orjson; neither GraphQL nor permissions",
        setup={"nodes": nodes, "edges": edges, "asked": asked, "layers": LAYERS},
        figures=tuple(figures),
    )


async def _shown(platform: Platform, shape: Shape, *, rounds: int, nodes: int, asked: int) -> list[list[float]]:
    """Milliseconds of each answer, in each round, after one that does not count."""
    caller = Caller(platform, platform.actor)
    drawn = random.Random(3).sample(range(nodes), min(asked, nodes))
    expected = reached(nodes, shape, drawn[0])
    samples: list[list[float]] = []
    for _ in range(rounds + 1):
        gc.collect()
        spent = []
        for one in drawn:
            started = time.perf_counter()
            answer = await caller.ask(SHOWN, {"node": _id(one)})
            spent.append((time.perf_counter() - started) * 1000)
            found = orjson.loads(answer.content)["data"]["impact"]
            if found["truncated"] or found["digest"] is None or (one == drawn[0] and found["total"] != expected):
                raise AnswersDiffer(f"{_id(one)}: {found['total']} affected")
        samples.append(spent)
    return samples[1:]


async def seed(graph: Graph, tenant_name: str, nodes: int, shape: Shape) -> int:
    """Write that many services and their dependencies; returns how many dependencies there are."""
    for first in range(0, nodes, BATCH):
        await graph.define(
            f"UNWIND range({first}, {min(first + BATCH, nodes) - 1}) AS number "
            "WITH right('000000' + toString(number), 6) AS name "
            f"CREATE (:Service:Entity {{tenant: '{tenant_name}', id: 'shop/boutique/s' + name, name: 's' + name, "
            "kind: 'Workload', version: 1, created_at: datetime(), updated_at: datetime()})"
        )
    edges = [[_id(one), _id(needed)] for one in range(nodes) for needed in shape.needs(one)]
    for first in range(0, len(edges), BATCH):
        rows = orjson.dumps(edges[first : first + BATCH]).decode()
        await graph.define(
            f"UNWIND {rows} AS row MATCH (user:Entity {{tenant: '{tenant_name}', id: row[0]}}) "
            f"MATCH (needed:Entity {{tenant: '{tenant_name}', id: row[1]}}) "
            "CREATE (user)-[:DEPENDS_ON {kind: 'hard'}]->(needed)"
        )
    return len(edges)


def _id(number: int) -> str:
    return f"shop/boutique/s{number:06}"


async def _rounds(driver: AsyncDriver, platform: Platform, *, rounds: int, expected: int) -> Mapping[str, list[float]]:
    caller = Caller(platform, platform.actor)

    async def ours() -> bytes:
        return (await caller.ask(QUERY, {"node": ROOT})).content

    turns: list[tuple[str, Callable[[], Awaitable[bytes]]]] = [("ours", ours)]
    turns += [(name, _peer(driver, platform.tenant, text)) for name, text in STATEMENTS.items()]
    samples: dict[str, list[float]] = {name: [] for name, _ in turns}
    for number in range(rounds + 1):
        bodies = {}
        for name, work in turns if number % 2 == 0 else reversed(turns):
            gc.collect()
            started = time.perf_counter()
            bodies[name] = await work()
            spent = (time.perf_counter() - started) * 1000
            if number:
                samples[name].append(spent)
        compare(bodies, expected)
    return samples


def _peer(driver: AsyncDriver, tenant_name: str, text: str) -> Callable[[], Awaitable[bytes]]:
    async def work() -> bytes:
        async with driver.session(default_access_mode="READ") as session:
            result = await session.run(text, tenant=tenant_name, id=ROOT)
            values = [record[0] async for record in result]
        ids = values[0] if values and isinstance(values[0], list) else values
        return orjson.dumps({"data": {"impact": {"total": len(ids), "ids": ids}}})

    return work


def compare(bodies: Mapping[str, bytes], expected: int) -> None:
    """Raise AnswersDiffer unless all bodies hold the same, the order of ids apart, and as many as expected."""
    found = {name: orjson.loads(body)["data"]["impact"] for name, body in bodies.items()}
    for name, one in found.items():
        if set(one) != {"total", "ids"} or one["total"] != expected or len(one["ids"]) != expected:
            raise AnswersDiffer(f"{name}: {one.get('total')} affected, not {expected}")
        if sorted(one["ids"]) != sorted(found["ours"]["ids"]):
            raise AnswersDiffer(f"{name} finds other nodes than ours")
