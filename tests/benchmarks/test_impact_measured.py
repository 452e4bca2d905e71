"""The benchmark of impacts, in small: it compares what it says, and measures what is asked."""

from __future__ import annotations

import pytest

from benchmarks import impact
from benchmarks.servers import Servers


async def test_impact_is_measured_against_statements_that_find_the_same(servers: Servers) -> None:
    # when every body is compared with ours, in each round
    measured = await impact.measure(servers, rounds=2, nodes=200, asked=5)
    # then each shape is measured against each peer
    assert measured.setup["nodes"] == 200
    assert isinstance(measured.setup["edges"], dict)
    assert (measured.setup["edges"]["chain"], measured.setup["edges"]["tree"]) == (199, 199)
    compared = [figure for figure in measured.figures if figure.against]
    assert {(figure.name, figure.against) for figure in compared} == {
        (f"impact over a {shape}", peer) for shape in ("chain", "tree", "DAG") for peer in impact.STATEMENTS
    }
    assert {(len(figure.ours), len(figure.peer)) for figure in compared} == {(2, 2)}
    # and all that is shown against the clock
    assert {(figure.name, figure.target): len(figure.ours) for figure in measured.figures if not figure.against} == {
        ("all that is shown, median", ""): 2,
        ("all that is shown, 95th percentile", "at most 500 ms"): 2,
    }


def test_layers_are_six_dependencies_deep_and_have_three_for_each_service() -> None:
    # given
    shape = impact.layered(7_000)
    # when
    depth = [0] * 7_000
    for one in range(7_000):
        depth[one] = max((depth[needed] + 1 for needed in shape.needs(one)), default=0)
    # then
    assert max(depth) == 6
    assert sum(len(shape.needs(one)) for one in range(7_000)) == 21_000
    assert impact.reached(7_000, shape, 6_999) == 0
    assert impact.reached(5, impact.Shape("chain", lambda one: [one - 1] if one else []), 1) == 3


def test_impacts_that_differ_are_not_measured() -> None:
    # given
    body = b'{"data": {"impact": {"total": 2, "ids": ["a", "b"]}}}'
    other = b'{"data": {"impact": {"total": 2, "ids": ["c", "b"]}}}'
    # when / then
    impact.compare({"ours": body, "peer": b'{"data": {"impact": {"total": 2, "ids": ["b", "a"]}}}'}, 2)
    with pytest.raises(impact.AnswersDiffer, match="peer finds other nodes"):
        impact.compare({"ours": body, "peer": other}, 2)
    with pytest.raises(impact.AnswersDiffer, match="ours: 2 affected, not 3"):
        impact.compare({"ours": body, "peer": body}, 3)
