"""`path`: the shortest ways on which one thing needs another, equal to brute force, and bounded."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import pytest

from app.domain.dependency_paths import shortest
from app.domain.impact import Edges, Link
from app.graph_observer import counting
from tests.http.caller import Caller
from tests.impact.test_confirming import CART, FILLED, WEB, record
from tests.impact.test_core import groups, random_graph
from tests.platform import Platform, service

PATH = """query P($from: ID!, $to: ID!, $depth: Int, $first: Int) {
  path(from: $from, to: $to, depth: $depth, first: $first) {
    hops truncated paths { hard nodes { id label name } edges { from to type kind } }
  }
}"""


@pytest.fixture
def caller(platform: Platform) -> Caller:
    """The administrator of the test's tenant."""
    return Caller(platform, platform.actor)


def every_shortest(edges: Sequence[tuple[str, str, str]], start: str, end: str) -> set[tuple[str, ...]]:
    """By brute force: the shortest of all ways that go nowhere twice, as the ids on them."""
    names = sorted({id for edge in edges for id in edge[:2]} - {start, end})
    there = {(user, needed) for user, needed, _ in edges}
    for length in range(len(names) + 1):
        ways = {(start, *between, end) for between in itertools.permutations(names, length)}
        found = {way for way in ways if all(pair in there for pair in itertools.pairwise(way))}
        if found:
            return found
    return set()


def test_paths_of_random_graphs_are_those_of_brute_force() -> None:
    # given graphs with circles
    for seed in range(300):
        edges = [edge for edge in random_graph(seed) if int(edge[0][1:]) < 6 and int(edge[1][1:]) < 6]
        # when
        found = shortest("n0", "n1", groups(edges), depth=20, most=1_000)
        # then
        ways = set() if found is None else {("n0", *(link.end for link in path)) for path in found.paths}
        assert ways == every_shortest(edges, "n0", "n1"), seed


def test_ways_are_bounded_in_number_and_depth() -> None:
    # given a row of twenty squares: a million ways of forty edges
    edges = [
        Edges(
            "DEPENDS_ON",
            "hard",
            [f"a{n}" for n in range(20) for _ in range(2)] + [f"{side}{n}" for n in range(20) for side in "bc"],
            [f"{side}{n}" for n in range(20) for side in "bc"] + [f"a{n + 1}" for n in range(20) for _ in range(2)],
        )
    ]
    # when
    found = shortest("a0", "a20", edges, depth=40, most=3)
    # then
    assert found is not None
    assert (len(found.paths), found.truncated) == (3, True)
    assert [link.end for link in found.paths[0]] == [f"{side}{n + (side == 'a')}" for n in range(20) for side in "ba"]
    assert shortest("a0", "a20", edges, depth=39, most=3) is None
    assert shortest("a20", "a0", edges, depth=40, most=3) is None
    only = shortest("b0", "a1", edges, depth=1, most=1)
    assert only is not None
    assert (only.paths, only.truncated) == (((Link("b0", "a1", "DEPENDS_ON", "hard"),),), False)


async def _path(caller: Caller, variables: Mapping[str, object]) -> object:
    answer = (await caller.ask(PATH, variables)).json()
    assert "errors" not in answer, answer
    return answer["data"]["path"]


async def test_a_path_is_named_nodes_and_edges(caller: Caller, platform: Platform) -> None:
    # given
    await platform.apply(*FILLED, service("shop", wants=["web"]))
    # when
    with counting() as ran:
        found = await _path(caller, {"from": "shop/boutique/shop", "to": CART})
    # then
    assert found == {
        "hops": 2,
        "truncated": False,
        "paths": [
            {
                "hard": False,
                "nodes": [
                    {"id": "shop/boutique/shop", "label": "Service", "name": "shop"},
                    {"id": WEB, "label": "Service", "name": "web"},
                    {"id": CART, "label": "Service", "name": "cart"},
                ],
                "edges": [
                    {"from": "shop/boutique/shop", "to": WEB, "type": "DEPENDS_ON", "kind": "soft"},
                    {"from": WEB, "to": CART, "type": "DEPENDS_ON", "kind": "hard"},
                ],
            }
        ],
    }
    assert ran == ["graph/read_reachable", "impact/describe_nodes", "impact/describe_nodes"]
    # then there is none the other way round, nor over fewer edges
    assert await _path(caller, {"from": CART, "to": "shop/boutique/shop"}) is None
    assert await _path(caller, {"from": "shop/boutique/shop", "to": CART, "depth": 1}) is None


async def test_what_runs_needs_what_it_runs_on(caller: Caller, platform: Platform) -> None:
    # given
    await platform.apply(*FILLED)
    await record(platform, WEB, "shop@dev")
    # when
    found = await _path(caller, {"from": f"{WEB}@dev", "to": "provider:echo"})
    # then
    assert isinstance(found, dict)
    assert [edge["type"] for edge in found["paths"][0]["edges"]] == ["IN", "TARGETS"]
    assert found["paths"][0]["hard"] is True


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"from": "nowhere", "to": CART}, "NOT_FOUND"),
        ({"from": CART, "to": "nowhere"}, "NOT_FOUND"),
        ({"from": CART, "to": WEB, "depth": 0}, "INVALID_INPUT"),
        ({"from": CART, "to": WEB, "depth": 101}, "INVALID_INPUT"),
        ({"from": CART, "to": WEB, "first": 0}, "INVALID_INPUT"),
        ({"from": CART, "to": WEB, "first": 21}, "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_searched_is_refused(
    caller: Caller, platform: Platform, variables: Mapping[str, object], code: str
) -> None:
    # given
    await platform.apply(*FILLED)
    # when
    answer = (await caller.ask(PATH, variables)).json()
    # then
    assert answer["data"] == {"path": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
