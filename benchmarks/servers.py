"""The servers that benchmarks use, and a tenant of a benchmark's own in them.

TRELLIS_TEST_NEO4J_URI, TRELLIS_TEST_NEO4J_PASSWORD and TRELLIS_TEST_REDIS_URL name servers that run already; without
them a Neo4j and a Redis are started for the run and stopped at its end.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from app.broker import connect
from app.domain.sessions import Passwords
from app.domain.tenants import ensure_tenant
from app.graph import Graph, GraphSettings
from app.ids import Ids
from app.migrations import migrate
from app.ports import SystemClock
from tests.servers import neo4j_for_tests, redis_for_tests

HEAP, PAGE_CACHE = 1536, 128
"""Megabytes of the Neo4j started here: what `make up` gives it, and half as much heap again.

A transaction may take half of the heap, and one that imports 10,000 manifests takes more than 512 MB.
"""
REMOVED_AT_ONCE = 2000
"""Nodes a transaction: one for a whole large tenant would need more memory than the server has."""


@dataclass(frozen=True, slots=True)
class Servers:
    """A migrated Neo4j and a Redis. `folder` is for logs and whatever else a benchmark leaves behind until the end."""

    graph: GraphSettings
    redis_url: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant with an administrator, who signs in as `admin` with `password`."""

    servers: Servers
    graph: Graph
    name: str
    password: str = field(repr=False)

    def environment(self) -> dict[str, str]:
        """The settings of an API or a worker that serves this tenant."""
        return {
            "TRELLIS_NEO4J_URI": self.servers.graph.uri,
            "TRELLIS_NEO4J_USER": self.servers.graph.user,
            "TRELLIS_NEO4J_PASSWORD": self.servers.graph.password,
            "TRELLIS_REDIS_URL": self.servers.redis_url,
            "TRELLIS_AUTH_SIGNING_KEY": secrets.token_hex(32),
            "TRELLIS_TENANT": self.name,
            "TRELLIS_PROVIDER_DEFAULT": "echo",
            # One person asks for more in a second than people do in an hour; what counts it stays at work.
            "TRELLIS_COST_PER_MINUTE": str(10**15),
            # What is measured is reading, not remembering.
            "TRELLIS_API_CACHE_MEGABYTES": "0",
        }


@contextmanager
def servers() -> Iterator[Servers]:
    """The servers, migrated; what was started for them is stopped at the end."""
    with (
        TemporaryDirectory(prefix="trellis-bench-") as name,
        neo4j_for_tests(Path(name) / "neo4j", heap=HEAP, page_cache=PAGE_CACHE) as access,
        redis_for_tests(Path(name) / "redis") as redis_url,
    ):
        found = Servers(GraphSettings(access.uri, access.user, access.password), redis_url, Path(name))
        asyncio.run(_migrated(found))
        yield found


async def _migrated(found: Servers) -> None:
    async with Graph.connect(found.graph) as graph:
        await migrate(graph)


@asynccontextmanager
async def tenant(where: Servers) -> AsyncIterator[Tenant]:
    """A new tenant; nothing of it is left at the end."""
    name = f"bench-{Ids(SystemClock()).new()}"
    async with Graph.connect(where.graph) as graph:
        made = Tenant(where, graph, name, secrets.token_urlsafe(18))
        try:
            await ensure_tenant(
                graph,
                name,
                passwords=Passwords(),
                password=made.password,
                providers={"echo": frozenset({"Workload"})},
            )
            yield made
        finally:
            await _remove(graph, name)
            await _forget(where.redis_url, name)


async def _remove(graph: Graph, name: str) -> None:
    await graph.define(
        f"MATCH (n {{tenant: '{name}'}}) CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF {REMOVED_AT_ONCE} ROWS"
    )


async def _forget(redis_url: str, name: str) -> None:
    async with connect(redis_url) as redis:
        async for key in redis.scan_iter(match=f"*{name}*", count=1000):
            await redis.delete(key)
