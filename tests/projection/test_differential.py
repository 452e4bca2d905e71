"""The compiled read and GraphQL's own execution answer the same, byte for byte."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from structlog.testing import capture_logs

from app.graph import Graph, GraphSettings
from app.projection.shaper import Irregular
from tests.projection.operations import Operation, operations
from tests.projection.reads import Reads
from tests.projection.seeds import FOREIGN_MARK, Seeded


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop for many examples."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def own(runner: asyncio.Runner, graph_settings: GraphSettings, seeded: Seeded) -> Iterator[Reads]:
    """Asks in the tenant that has holes and edges to another tenant."""
    connection = Graph.connect(graph_settings)
    yield Reads(runner.run(connection.__aenter__()), seeded.own)
    runner.run(connection.__aexit__(None, None, None))


def test_both_ways_answer_the_same(runner: asyncio.Runner, own: Reads) -> None:
    outcomes: Counter[str] = Counter()

    # given any valid query, on a graph with missing edges, missing properties and values of other types
    @settings(
        max_examples=150,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(operations())
    def compare(operation: Operation) -> None:
        # when it is asked both ways
        slow = runner.run(own.slow(operation.text, operation.variables))
        try:
            fast = runner.run(own.fast(operation.text, operation.variables))
        except Irregular:
            # then what the compiled read leaves to GraphQL's own execution is an error there
            assert b'"path":' in slow
            outcomes["irregular"] += 1
            return
        # then the bytes are the same, and nothing of the other tenant is among them
        assert fast == slow
        assert FOREIGN_MARK.encode() not in fast
        outcomes["errors" if b'"path":' in fast else "whole"] += 1

    with capture_logs():
        compare()
    # and every kind of outcome was met
    assert outcomes.keys() == {"irregular", "errors", "whole"}
    assert outcomes["whole"] > 30
