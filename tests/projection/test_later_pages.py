"""Later pages: what follows a cursor that was answered, both ways the same, each node once."""

from __future__ import annotations

import asyncio
from typing import cast

from graphql import get_named_type, is_input_object_type
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.projection.drawn import literal, orders
from tests.projection.operations import CORE
from tests.projection.reads import Reads
from tests.projection.test_differential import own, runner

__all__ = ["own", "runner"]

LISTS = {
    "services": "{ services(%s) %s }",
    "deployments": "{ deployments(%s) %s }",
    "an application's": '{ application(id: "whole/app") { services(%s) %s } }',
    "a service's": '{ service(id: "whole/app/s05") { dependencies(%s) %s } }',
}
SHOWN = "{ totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, int, str]:
    """A list, how long its pages are, and its order."""
    name = draw(st.sampled_from(sorted(LISTS)))
    target = "Deployment" if name == "deployments" else "Service"
    kind = get_named_type(CORE.type_map[f"{target}Order"])
    assert is_input_object_type(kind)
    order = draw(st.none() | orders(kind))
    return LISTS[name], draw(st.integers(1, 9)), f", orderBy: {literal(order)}" if order else ""


def test_what_follows_a_cursor_is_the_same_both_ways(runner: asyncio.Runner, own: Reads) -> None:
    longest = 0

    # given any list in any order, on a graph with missing values
    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(lists())
    def compare(drawn: tuple[str, int, str]) -> None:
        nonlocal longest
        text, size, order = drawn
        met: list[str] = []
        after, pages = "", 0
        # when it is read page by page, both ways
        while pages < 40:
            answered = runner.run(own.both(text % (f"first: {size}{order}{after}", SHOWN)))
            page = connection(answered["data"])
            edges = cast("list[dict[str, dict[str, str]]]", page["edges"])
            info = cast("dict[str, object]", page["pageInfo"])
            met += [each["node"]["id"] for each in edges]
            pages += 1
            assert info["hasPreviousPage"] is bool(after)
            if not info["hasNextPage"]:
                break
            assert (len(edges), info["endCursor"]) == (size, edges[-1]["cursor"])
            after = f', after: "{info["endCursor"]}"'
        # then each page was the same, and no node was met twice
        assert len(met) == len(set(met))
        longest = max(longest, pages)

    compare()
    # and lists of several pages were among them
    assert longest > 3


def connection(data: object) -> dict[str, object]:
    """The connection in an answer."""
    while not (isinstance(data, dict) and "pageInfo" in data):
        assert isinstance(data, dict)
        [data] = data.values()
    return cast("dict[str, object]", data)
