"""A page of applications with services, deployments, environments and dependencies, over HTTP.

Ours is the real API in a process of its own, signed in to; the peer is a route written by hand for this one page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse

from app.local.ports import free_ports
from benchmarks.children import Child, api, child, signed_in
from benchmarks.figures import Figure, Measured, percentile
from benchmarks.load import Load, fetch, generate
from benchmarks.page_seed import SERVICES, seed
from benchmarks.servers import Servers, Tenant, tenant

QUERY = """\
query Page($first: Int!, $after: String) {
  applications(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id name description createdAt
      project { id name }
      services {
        nodes {
          id name kind description
          deployments { nodes { id status environment { id name stage } } }
          dependencies { edges { kind node { id name } } }
        }
      }
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class PageSize:
    """How much there is, how much a page shows, and how long it is asked for; times in seconds."""

    applications: int = 2000
    first: int = 50
    clients: int = 16
    seconds: float = 5.0
    warm_up: float = 8.0


class AnswersDiffer(Exception):
    """Ours and the peer did not answer the same, so that comparing their speed would mean nothing."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, and what is sent to it."""

    served: Child
    load: Load


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one side; times in milliseconds, `cpu` that of its process a request."""

    a_second: float
    p50: float
    p99: float
    cpu: float


async def measure(servers: Servers, *, rounds: int, size: PageSize) -> Measured:
    """Seed, compare the answers, warm both sides up, then measure them in turn. Raises AnswersDiffer."""
    async with tenant(servers) as owner:
        await seed(owner.graph, owner.name, size.applications)
        async with sides(owner, size) as (ours, peer):
            body_size = await compare(ours.load, peer.load)
            samples: dict[str, list[Sample]] = {"ours": [], "peer": []}
            for side in (ours, peer):
                await generate(_lasting(side.load, size.warm_up))
            for number in range(rounds):
                turns = (("ours", ours), ("peer", peer))
                # Whoever is second finds the machine as the first has left it: take turns at that, too.
                for name, side in turns if number % 2 == 0 else reversed(turns):
                    samples[name].append(await _sample(side))
    return Measured(
        benchmark="page",
        title=f"Page of {size.first} applications",
        peer="a route by hand: Neo4j driver with Rust extension, one Cypher statement, orjson, Starlette",
        setup={
            "applications": size.applications,
            "services": size.applications * SERVICES,
            "page": size.first,
            "bytes_a_page": body_size,
            "clients": size.clients,
            "seconds_a_round": size.seconds,
        },
        figures=_figures(samples["ours"], samples["peer"]),
    )


@asynccontextmanager
async def sides(owner: Tenant, size: PageSize) -> AsyncIterator[tuple[Side, Side]]:
    """Ours and the peer, each serving the tenant's pages in a process of its own."""
    [port] = free_ports(1)
    graph = owner.servers.graph
    access = {"NEO4J_URI": graph.uri, "NEO4J_USER": graph.user, "NEO4J_PASSWORD": graph.password}
    async with (
        api(owner, owner.environment()) as served,
        child(
            "driver-route",
            "benchmarks.peers.driver_route",
            str(port),
            owner.name,
            port=port,
            environment=access,
            folder=owner.servers.folder,
        ) as by_hand,
    ):
        caller = await signed_in(served, owner)
        headers = {"authorization": f"Bearer {caller.token}"}
        cursors = await _cursors(Load(served.port, "/graphql", headers, [], size.clients, size.seconds), size)
        asked = [{"variables": {"first": size.first, "after": after}} for after in cursors]
        graphql = [orjson.dumps({"query": QUERY, **one}).decode() for one in asked]
        plain = [orjson.dumps(one).decode() for one in asked]
        yield (
            Side(served, Load(served.port, "/graphql", headers, graphql, size.clients, size.seconds)),
            Side(by_hand, Load(by_hand.port, "/page", {}, plain, size.clients, size.seconds)),
        )


async def _cursors(load: Load, size: PageSize) -> list[str | None]:
    """Where each page begins."""
    found: list[str | None] = [None]
    while True:
        variables = {"first": size.first, "after": found[-1]}
        said = orjson.loads(await fetch(load, orjson.dumps({"query": QUERY, "variables": variables}).decode()))
        info = said["data"]["applications"]["pageInfo"]
        if not info["hasNextPage"]:
            return found
        found.append(str(info["endCursor"]))


async def compare(ours: Load, peer: Load) -> int:
    """Check every page: equal as JSON, ours with all fields in the order of the query. Returns the mean page's bytes.

    Raises AnswersDiffer.
    """
    definition = parse(QUERY).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    sizes = []
    for asked, plain in zip(ours.bodies, peer.bodies, strict=True):
        answer, expected = await fetch(ours, asked), await fetch(peer, plain)
        said = orjson.loads(answer)
        if said != orjson.loads(expected):
            raise AnswersDiffer(f"at {plain}: {answer[:500]!r} and {expected[:500]!r}")
        if not in_order(said["data"], definition.selection_set):
            raise AnswersDiffer(f"at {plain}: fields are not in the order of the query: {answer[:500]!r}")
        sizes.append(len(answer))
    return sum(sizes) // len(sizes)


def in_order(value: object, selections: SelectionSetNode) -> bool:
    """Whether every object has exactly the fields that were selected, in that order."""
    if value is None:
        return True
    if isinstance(value, list):
        return all(in_order(one, selections) for one in value)
    fields = [one for one in selections.selections if isinstance(one, FieldNode)]
    if not isinstance(value, dict) or list(value) != [one.name.value for one in fields]:
        return False
    return all(one.selection_set is None or in_order(value[one.name.value], one.selection_set) for one in fields)


def _lasting(load: Load, seconds: float) -> Load:
    return Load(load.port, load.path, load.headers, load.bodies, load.clients, seconds)


async def _sample(side: Side) -> Sample:
    before = side.served.cpu()
    found = await generate(side.load)
    cpu = (side.served.cpu() - before) * 1000 / len(found.milliseconds)
    return Sample(found.a_second, percentile(found.milliseconds, 0.5), percentile(found.milliseconds, 0.99), cpu)


def _figures(ours: Sequence[Sample], peer: Sequence[Sample]) -> tuple[Figure, ...]:
    def rounds(pick: Callable[[Sample], float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return tuple(map(pick, ours)), tuple(map(pick, peer))

    return (
        Figure("requests", "1/s", *rounds(lambda one: one.a_second), more_is_better=True, times=1.0),
        Figure("median latency", "ms", *rounds(lambda one: one.p50)),
        Figure("99th percentile", "ms", *rounds(lambda one: one.p99)),
        Figure("CPU of the API process a request", "ms", *rounds(lambda one: one.cpu)),
    )
