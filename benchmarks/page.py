"""A page of applications, and a small query, over HTTP: ours against everything somebody would use instead.

Ours is the real API in a process of its own, signed in to; each peer is a process of its own as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import orjson
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse

from app.local.node import Node
from app.local.ports import free_ports
from benchmarks.children import Child, api, child, signed_in
from benchmarks.figures import Measured
from benchmarks.load import Load, fetch
from benchmarks.page_queries import (
    NEO4J_PAGE,
    NEO4J_SMALL,
    PAGE,
    SMALL,
    Json,
    application_id,
    page_as_ours,
    service_ids,
    small_as_ours,
)
from benchmarks.page_seed import SERVICES, seed
from benchmarks.peers import node as node_peers
from benchmarks.servers import Servers, Tenant, tenant
from benchmarks.sides import Side, figures, measured_in_turn, warmed

OURS, BY_TEAM, KEPT = "Trellis", "Trellis, seen through teams", "Trellis, with kept answers"
ROUTE, YOGA, APOLLO = "route by hand", "yoga", "Apollo"
STRAWBERRY, STRAWBERRY_BARE = "Strawberry", "Strawberry, bare session"
PEERS = (
    "a route by hand (Neo4j driver with Rust extension, one Cypher statement, orjson, Starlette), @neo4j/graphql "
    "behind GraphQL Yoga and behind Apollo Server, and Strawberry with DataLoaders, both caches and orjson"
)

MEGABYTES = 32
"""What the API keeps answers in where nothing is set."""


@dataclass(frozen=True, slots=True)
class PageSize:
    """How much there is, how much a page shows, and how long it is asked for; times in seconds."""

    applications: int = 2000
    first: int = 50
    clients: int = 16
    seconds: float = 5.0
    warm_up: float = 8.0
    small_queries: int = 100
    small_seconds: float = 3.0
    small_warm_up: float = 4.0


class AnswersDiffer(Exception):
    """Ours and a peer did not answer the same, so that comparing their speed would mean nothing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A side, and what of its answer's data (`theirs`) has to equal what of ours (`ours`)."""

    side: Side
    theirs: Callable[[Json], object] = dict
    ours: Callable[[Json], object] = dict


@dataclass(frozen=True, slots=True)
class Sides:
    """Who is asked for the page, and who is asked the small query; ours comes first."""

    page: tuple[Compared, ...]
    small: tuple[Compared, ...]


async def measure(servers: Servers, *, rounds: int, size: PageSize, node: Node | None) -> Measured:
    """Seed, compare the answers, warm all sides up, then measure them in turn. Raises AnswersDiffer.

    Without a `node` the peers that run on it are left out.
    """
    async with tenant(servers) as owner:
        await seed(owner.graph, owner.name, size.applications)
        async with sides(owner, size, node) as asked:
            body_size = await compare(asked.page, in_order_of=PAGE)
            await compare(asked.small, in_order_of=SMALL)
            groups = [[each.side for each in group] for group in (asked.page, asked.small)]
            for group, seconds in zip(groups, (size.warm_up, size.small_warm_up), strict=True):
                await warmed(group, seconds)
            page, small = await measured_in_turn(groups, rounds)
    return Measured(
        benchmark="page",
        title=f"Page of {size.first} applications, and a small query",
        peer=PEERS,
        setup={
            "applications": size.applications,
            "services": size.applications * SERVICES,
            "page": size.first,
            "bytes_a_page": body_size,
            "clients": size.clients,
            "seconds_a_round": size.seconds,
            "seconds_a_round_small": size.small_seconds,
            "packages": {**node_peers.versions()},
        },
        figures=(
            *figures("page", page, ours=OURS, requests={ROUTE: 1.5, YOGA: 3.0, APOLLO: 4.0}, p99={ROUTE: 1.0}),
            *figures("page, kept until something changes", page, ours=KEPT, requests={ROUTE: None}, p99={}),
            *figures("page seen through teams", page, ours=BY_TEAM, requests={ROUTE: None}, p99={}),
            *figures(
                "small query", small, ours=OURS, requests={YOGA: 3.0, STRAWBERRY: 1.8, STRAWBERRY_BARE: None}, p99={}
            ),
        ),
    )


@asynccontextmanager
async def sides(owner: Tenant, size: PageSize, node: Node | None) -> AsyncIterator[Sides]:
    """Ours and every peer, each serving the tenant in a process of its own."""
    async with AsyncExitStack() as stack:
        ours = await _ours(stack, owner, size)
        cursors = await _cursors(ours, size)
        pages = [{"first": size.first, "after": after} for after in cursors]
        ids = [{"id": each} for each in service_ids(size.applications, size.small_queries)]
        page, small = _bodies(PAGE, pages), _bodies(SMALL, ids)
        by_team = await _ours(stack, owner, size, "benchmarks.teams_api")
        keeping = await _ours(stack, owner, size, megabytes=MEGABYTES)
        route = await _python(stack, owner, "benchmarks.peers.driver_route")
        loaders = await _python(stack, owner, "benchmarks.peers.strawberry_loaders")
        bare = await _python(stack, owner, "benchmarks.peers.strawberry_loaders", "bare")
        lasting, short = partial(_asked, size, size.seconds), partial(_asked, size, size.small_seconds)
        of_page = [
            Compared(lasting(OURS, ours, page)),
            Compared(lasting(ROUTE, route, _bodies(None, pages), path="/page")),
            Compared(lasting(BY_TEAM, by_team, page)),
            Compared(lasting(KEPT, keeping, page)),
        ]
        of_small = [
            Compared(short(OURS, ours, small)),
            Compared(short(STRAWBERRY, loaders, small)),
            Compared(short(STRAWBERRY_BARE, bare, small)),
        ]
        if node is not None:
            access, folder = _access(owner), owner.servers.folder
            yoga = _Reached(await stack.enter_async_context(node_peers.yoga(node, access, folder)))
            apollo = _Reached(await stack.enter_async_context(node_peers.apollo(node, access, folder)))
            last = [""] + [application_id(number * size.first - 1) for number in range(1, len(cursors))]
            theirs = _bodies(NEO4J_PAGE, [{"tenant": owner.name, "first": size.first, "after": one} for one in last])
            few = _bodies(NEO4J_SMALL, [{"tenant": owner.name, **each} for each in ids])
            of_page += [
                Compared(lasting(YOGA, yoga, theirs), page_as_ours, _nodes),
                Compared(lasting(APOLLO, apollo, theirs, path="/"), page_as_ours, _nodes),
            ]
            of_small.append(Compared(short(YOGA, yoga, few), small_as_ours, lambda data: data["service"]))
        yield Sides(tuple(of_page), tuple(of_small))


@dataclass(frozen=True, slots=True)
class _Reached:
    """A server, and the headers that it wants."""

    served: Child
    headers: Mapping[str, str] = field(default_factory=dict)


def _asked(
    size: PageSize, seconds: float, name: str, reached: _Reached, bodies: list[str], *, path: str = "/graphql"
) -> Side:
    load = Load(reached.served.port, path, dict(reached.headers), bodies, size.clients, seconds)
    return Side(name, reached.served, load)


async def _ours(
    stack: AsyncExitStack, owner: Tenant, size: PageSize, module: str | None = None, *, megabytes: int = 0
) -> _Reached:
    """The API, keeping answers in that many megabytes: in none, so that every request asks the graph."""
    command = ("app.main", "serve") if module is None else (module,)
    environment = {**owner.environment(), "TRELLIS_API_CACHE_MEGABYTES": str(megabytes)}
    name = "keeping-api" if megabytes else "api"
    served = await stack.enter_async_context(api(owner, environment, command=command, name=name))
    caller = await signed_in(served, owner)
    return _Reached(served, {"authorization": f"Bearer {caller.token}"})


async def _python(stack: AsyncExitStack, owner: Tenant, module: str, *arguments: str) -> _Reached:
    [port] = free_ports(1)
    return _Reached(
        await stack.enter_async_context(
            child(
                "-".join([module.rpartition(".")[2], *arguments]),
                module,
                str(port),
                owner.name,
                *arguments,
                port=port,
                environment=_access(owner),
                folder=owner.servers.folder,
            )
        )
    )


def _access(owner: Tenant) -> dict[str, str]:
    graph = owner.servers.graph
    return {"NEO4J_URI": graph.uri, "NEO4J_USER": graph.user, "NEO4J_PASSWORD": graph.password}


def _bodies(query: str | None, variables: Sequence[Json]) -> list[str]:
    sent = ({"query": query, "variables": each} if query else {"variables": each} for each in variables)
    return [orjson.dumps(one).decode() for one in sent]


def _nodes(data: Json) -> object:
    page = data["applications"]
    assert isinstance(page, dict)
    return page["nodes"]


async def _cursors(reached: _Reached, size: PageSize) -> list[str | None]:
    """Where each page begins."""
    found: list[str | None] = [None]
    while True:
        [body] = _bodies(PAGE, [{"first": size.first, "after": found[-1]}])
        said = orjson.loads(await fetch(_asked(size, 0.0, OURS, reached, []).load, body))
        info = said["data"]["applications"]["pageInfo"]
        if not info["hasNextPage"]:
            return found
        found.append(str(info["endCursor"]))


async def compare(group: Sequence[Compared], *, in_order_of: str) -> int:
    """Check every answer: each peer's says the same as ours, ours has all fields in the order of the query.

    Returns the mean bytes of our answers. Raises AnswersDiffer.
    """
    definition = parse(in_order_of).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    ours, *peers = group
    sizes = []
    for number, asked in enumerate(ours.side.load.bodies):
        answer = await fetch(ours.side.load, asked)
        said = orjson.loads(answer)["data"]
        if not in_order(said, definition.selection_set):
            raise AnswersDiffer(f"at {asked}: fields are not in the order of the query: {answer[:500]!r}")
        for peer in peers:
            other = await fetch(peer.side.load, peer.side.load.bodies[number])
            if peer.theirs(orjson.loads(other)["data"]) != peer.ours(said):
                raise AnswersDiffer(f"{peer.side.name} at {asked}: {answer[:500]!r} and {other[:500]!r}")
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
