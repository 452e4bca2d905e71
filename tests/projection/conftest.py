"""A tenant that holds one of each kind of node and edge, beside one that holds the same, with edges between the two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from neo4j import Driver, GraphDatabase

from app.graph import Graph, GraphSettings
from app.ids import Ids
from app.ports import SystemClock
from tests.projection.reads import Reads
from tests.projection.seeds import FOREIGN_MARK, GUARDS, HOLES, Seeded, put


@pytest.fixture(scope="session")
def store(graph_settings: GraphSettings) -> Iterator[Driver]:
    """Direct access to the shared graph, to put into it what no use case would."""
    auth = (graph_settings.user, graph_settings.password)
    with GraphDatabase.driver(graph_settings.uri, auth=auth, notifications_min_severity="OFF") as driver:
        yield driver


@pytest.fixture(scope="session")
def seeded(store: Driver) -> Iterator[Seeded]:
    """The two tenants, filled; emptied at the end."""
    ids = Ids(SystemClock())
    found = Seeded("p-" + ids.new(), "p-" + ids.new())
    seed = (GUARDS / "one_of_each.cypher").read_text(encoding="utf-8")
    put(store, seed, tenant=found.own, mark="own")
    put(store, seed, tenant=found.foreign, mark=FOREIGN_MARK)
    put(store, HOLES, tenant=found.own)
    put(store, (GUARDS / "trap.cypher").read_text(encoding="utf-8"), own=found.own, foreign=found.foreign)
    yield found
    for tenant in (found.own, found.foreign):
        put(store, "MATCH (node {tenant: $tenant}) DETACH DELETE node", tenant=tenant)


@pytest.fixture
async def reads(graph_settings: GraphSettings, seeded: Seeded) -> AsyncIterator[Reads]:
    """Asks in the first tenant."""
    async with Graph.connect(graph_settings) as graph:
        yield Reads(graph, seeded.own)
