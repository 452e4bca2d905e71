"""A whole graph server that a test may empty."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.graph import Graph, GraphSettings
from app.local.neo4j import Neo4jServer


@pytest.fixture
async def blank(lone_neo4j: Neo4jServer) -> AsyncIterator[Graph]:
    """A graph without nodes, constraints and indexes, on a server that only this test uses."""
    settings = GraphSettings(lone_neo4j.uri, "neo4j", lone_neo4j.password)
    async with Graph.connect(settings) as graph:
        await graph.define("MATCH (node) DETACH DELETE node")
        for row in await graph.define("SHOW CONSTRAINTS YIELD name"):
            await graph.define(f"DROP CONSTRAINT `{row['name']}`")
        for row in await graph.define("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
            await graph.define(f"DROP INDEX `{row['name']}`")
        yield graph
