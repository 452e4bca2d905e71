"""A graph that holds one of each kind of node and edge, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from app.graph import Graph, GraphSettings
from app.local.neo4j import Neo4jServer
from app.migrations import migrate
from tests.guards.arguments import OWN_MARK
from tests.guards.store import Store

HERE = Path(__file__).parent
OWN, FOREIGN = "guarded", "foreign"


@pytest.fixture(scope="session")
def store(lone_neo4j: Neo4jServer) -> Iterator[Store]:
    """A migrated graph with two tenants that have everything in common but the texts, and edges between the two.

    Nobody else uses its server: the server knows no name that is not in `one_of_each.cypher` or in a migration.
    """
    settings = GraphSettings(lone_neo4j.uri, "neo4j", lone_neo4j.password)
    auth = (settings.user, settings.password)
    with GraphDatabase.driver(settings.uri, auth=auth, notifications_min_severity="OFF") as driver:
        store = Store(driver, settings, own=OWN, foreign=FOREIGN)
        store.empty()
        asyncio.run(_migrate(settings))
        seed = (HERE / "one_of_each.cypher").read_text(encoding="utf-8")
        store.run(seed, tenant=OWN, mark=OWN_MARK)
        store.run(seed, tenant=FOREIGN, mark=FOREIGN)
        store.run((HERE / "trap.cypher").read_text(encoding="utf-8"), own=OWN, foreign=FOREIGN)
        yield store


async def _migrate(settings: GraphSettings) -> None:
    async with Graph.connect(settings) as graph:
        await migrate(graph)


@pytest.fixture
async def guarded(store: Store) -> AsyncIterator[Graph]:
    """The door to that graph."""
    async with Graph.connect(store.settings) as graph:
        yield graph
