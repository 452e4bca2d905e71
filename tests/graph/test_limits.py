"""What the database stops: statements that take too long, or too much memory; told at once, and as what they are."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from app.graph import Graph, GraphSettings
from app.graph_failures import OverLimit
from app.local.neo4j import Neo4jServer
from tests.http.caller import Caller
from tests.platform import Platform

LONG = "UNWIND range(1, 100000000000) AS n WITH n WHERE n < 0 RETURN count(n) AS n"
LARGE = "UNWIND range(1, 100000000) AS n WITH collect([n, toString(n)]) AS found RETURN size(found) AS n"


async def test_a_statement_that_takes_too_long_is_stopped(graph_settings: GraphSettings) -> None:
    # given a time limit of half a second
    async with Graph.connect(replace(graph_settings, statement_timeout=0.5)) as graph:
        # when a statement takes longer
        with pytest.raises(OverLimit) as stopped:
            await graph.read_compiled(LONG, "t-none", {}, name="long")
    # then it is stopped, and said to be too long
    assert stopped.value.what == "time"


async def test_a_statement_that_takes_too_much_memory_is_stopped(
    lone_neo4j: Neo4jServer, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a server as `make up` starts it
    assert f"db.memory.transaction.max={lone_neo4j.heap // 2}m" in lone_neo4j.configuration
    settings = GraphSettings(lone_neo4j.uri, "neo4j", lone_neo4j.password, statement_timeout=60)
    async with Graph.connect(settings) as graph:
        # when a statement takes more than half of the heap
        started = time.perf_counter()
        with pytest.raises(OverLimit) as stopped:
            await graph.read_compiled(LARGE, "t-none", {}, name="large")
        # then it is stopped and said to be too large, and the server goes on
        assert stopped.value.what == "memory"
        assert time.perf_counter() - started < settings.statement_timeout
        assert "Neo4j" in await graph.verify()
        # and who asked for such a read over HTTP is told so
        read = graph.read_compiled

        async def large(
            text: str, tenant: str, parameters: dict[str, object], *, name: str, **_: object
        ) -> list[object]:
            return list(await read(LARGE, tenant, {}, name=name))

        monkeypatch.setattr(graph, "read_compiled", large)
        response = await Caller(platform, platform.actor, graph=graph).ask("{ me { id } }")
    assert response.status_code == 400
    assert response.json() == {
        "errors": [
            {
                "message": "this takes the database more memory than it may; ask for less",
                "extensions": {"code": "MEMORY_LIMIT_EXCEEDED"},
            }
        ]
    }


async def test_the_caller_is_told_what_was_too_much(
    platform: Platform, graph_settings: GraphSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a read that takes longer than it may
    async with Graph.connect(replace(graph_settings, statement_timeout=0.5)) as graph:
        read = graph.read_compiled

        async def slow(
            text: str, tenant: str, parameters: dict[str, object], *, name: str, **_: object
        ) -> list[object]:
            return list(await read(LONG, tenant, {}, name=name))

        monkeypatch.setattr(graph, "read_compiled", slow)
        # when it is asked for
        response = await Caller(platform, platform.actor, graph=graph).ask("{ me { id } }")
    # then the answer says so, and nothing of the statement
    assert response.status_code == 400
    assert response.json() == {
        "errors": [
            {
                "message": "this takes the database longer than it may; ask for less",
                "extensions": {"code": "TIME_LIMIT_EXCEEDED"},
            }
        ]
    }
