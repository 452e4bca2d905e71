"""Forty at once: compare-and-set lets one of them win."""

from __future__ import annotations

import asyncio

from app.domain import declared
from app.graph import Graph
from tests.graph.test_graph import projects
from tests.platform import Platform


async def test_one_of_forty_wins(graph: Graph, tenant: str, platform: Platform) -> None:
    # given a project at version 1, and forty people who have read it
    await declared.create(platform.change(), "Project", name="shop", values={"description": "first"})

    async def update(number: int) -> str:
        values = {"description": f"by {number}"}
        return await declared.update(platform.change(), "Project", id="shop", values=values, expected_version=1)

    # when all of them save it at once
    results = await asyncio.gather(*(update(number) for number in range(40)), return_exceptions=True)
    # then one has, and the others are told
    assert sorted(type(each).__name__ for each in results) == ["Conflict"] * 39 + ["str"]
    assert await projects(graph, tenant) == {"shop": 2}
    [winner] = [number for number, each in enumerate(results) if isinstance(each, str)]
    rows = await graph.define(f"MATCH (n:Project {{tenant: '{tenant}'}}) RETURN n.description AS description")
    assert rows == [{"description": f"by {winner}"}]


async def test_one_of_forty_creates(graph: Graph, tenant: str, platform: Platform) -> None:
    # given no project, and forty people who want one of the same name
    async def save(number: int) -> str:
        values = {"description": f"by {number}"}
        return await declared.create(platform.change(), "Project", name="shop", values=values)

    # when all of them create it at once
    results = await asyncio.gather(*(save(number) for number in range(40)), return_exceptions=True)
    # then one has, and the others are told
    assert sorted(type(each).__name__ for each in results) == ["Conflict"] * 39 + ["str"]
    assert await projects(graph, tenant) == {"shop": 1}
