"""A graph with a fresh tenant, a Redis, and ways to write and number events."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from app.broker import connect
from app.graph import Graph, GraphSettings
from app.ids import Ids
from app.migrations import migrate
from app.ports import SystemClock
from tests.events.world import World
from tests.servers import Neo4jAccess


@pytest.fixture
async def graph(neo4j_access: Neo4jAccess) -> AsyncIterator[Graph]:
    """The migrated graph."""
    settings = GraphSettings(uri=neo4j_access.uri, user=neo4j_access.user, password=neo4j_access.password)
    async with Graph.connect(settings) as graph:
        await migrate(graph)
        yield graph


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the shared Redis."""
    async with connect(redis_url) as client:
        yield client


@pytest.fixture
async def world(graph: Graph, redis: Redis) -> AsyncIterator[World]:
    """A tenant of the test's own."""
    world = World(graph, redis, tenant=f"t{Ids(SystemClock()).new()}")
    await world.open()
    try:
        yield world
    finally:
        await world.close()
