"""Statements under way: one person or tenant leaves connections to everybody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from app.graph import Graph, GraphSettings
from app.graph_failures import GraphUnavailable
from app.graph_observer import counting
from app.turns import TooBusy, Turns, asking
from tests.clocks import HandClock
from tests.http.caller import Caller
from tests.platform import Platform
from tests.runs.deploying import eventually

ME = "{ me { id } }"
RESOLVED = '{ graph(scope: "shop") { nodes { id } } }'
CREATE = 'mutation { createProject(input: {name: "other"}) { project { id } problems { code } } }'
SECONDS = 5.0


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def turns(clock: HandClock) -> Turns:
    return Turns(clock, person=2, tenant=3, seconds=SECONDS)


@pytest.fixture
async def bounded(graph_settings: GraphSettings, turns: Turns) -> AsyncIterator[Graph]:
    """A graph at which statements wait for their turn."""
    async with Graph.connect(graph_settings, turns=turns) as graph:
        yield graph


@pytest.mark.parametrize("query", [ME, RESOLVED, CREATE])
async def test_who_has_too_many_statements_under_way_is_told_so(
    platform: Platform, bounded: Graph, turns: Turns, clock: HandClock, query: str
) -> None:
    # given a person with as many statements under way as they may have
    actor = platform.actor
    with asking(actor.id):
        held = [await turns.take(actor.tenant) for _ in range(2)]
    caller = Caller(platform, actor, graph=bounded)
    # when they ask for more, and none ends while they wait
    with counting() as ran, capture_logs() as logs:
        waiting = asyncio.create_task(caller.ask(query))
        await eventually(lambda: clock.sleeping(SECONDS) == 1)
        clock.advance(SECONDS)
        response = await waiting
    # then nothing was asked, and they are told so
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "TOO_MANY_STATEMENTS"
    assert error["message"] == "you have 2 statements under way, and none ended in time; try again in a moment"
    assert ran == []
    assert [one["error"] for one in logs if one["event"] == "no turn at the database"] == [error["message"]]
    if query == ME:
        assert (response.status_code, response.headers["retry-after"]) == (429, "1")
    # and once one has ended, they are answered
    turns.give(held.pop())
    assert "errors" not in (await caller.ask(ME)).json()


async def test_others_are_served_meanwhile(platform: Platform, bounded: Graph, turns: Turns) -> None:
    # given a person with as many statements under way as they may have
    with asking(platform.actor.id):
        for _ in range(2):
            await turns.take(platform.tenant)
    # when somebody else asks
    other = replace(platform.actor, id="user:other", name="other")
    response = await Caller(platform, other, graph=bounded).ask("{ services { nodes { id } } }")
    # then they need not wait
    assert response.json() == {"data": {"services": {"nodes": []}}}


async def test_who_waits_is_served_as_soon_as_a_statement_ends(
    platform: Platform, bounded: Graph, turns: Turns, clock: HandClock
) -> None:
    # given a tenant with as many statements under way as it may have, of several people
    held = []
    for person in ("user:a", "user:b", "user:c"):
        with asking(person):
            held.append(await turns.take(platform.tenant))
    # when another of its people asks
    caller = Caller(platform, platform.actor, graph=bounded)
    waiting = asyncio.create_task(caller.ask("{ services { nodes { id } } }"))
    await eventually(lambda: clock.sleeping(SECONDS) == 1)
    # then they are answered once one of the others' ends
    turns.give(held.pop())
    assert (await waiting).json() == {"data": {"services": {"nodes": []}}}


async def test_a_tenant_s_own_limit_is_told(turns: Turns, clock: HandClock) -> None:
    # given
    for person in ("a", "b", "c"):
        with asking(person):
            await turns.take("t")
    # when
    with asking("d"):
        waiting = asyncio.create_task(turns.take("t"))
        await eventually(lambda: clock.sleeping(SECONDS) == 1)
        clock.advance(SECONDS)
        with pytest.raises(TooBusy, match="your tenant has 3 statements under way"):
            await waiting
    # then what nobody asks for, and other tenants, need not wait
    assert await turns.take("t") == ()
    with asking("d"):
        assert await turns.take("other") == (("other", "d"), ("other",))


async def test_turns_are_given_in_the_order_of_asking_and_none_is_lost(clock: HandClock) -> None:
    # given one turn, which is taken, and five who wait, one of whom gives up
    turns = Turns(clock, person=1, tenant=10, seconds=SECONDS)
    came: list[int] = []
    with asking("a"):
        first = await turns.take("t")

        async def one(number: int) -> None:
            taken = await turns.take("t")
            came.append(number)
            turns.give(taken)

        waiting = [asyncio.create_task(one(number)) for number in range(5)]
        await eventually(lambda: clock.sleeping(SECONDS) == 5)
        waiting[1].cancel()
        await asyncio.wait([waiting[1]])
        # when the turn is given back
        turns.give(first)
        await asyncio.wait(waiting)
        # then the others have it one after another, and it is free at the end
        assert came == [0, 2, 3, 4]
        assert await turns.take("t") == first


async def test_a_turn_that_comes_as_its_waiter_goes_passes_on(clock: HandClock) -> None:
    # given somebody who gives up in the moment in which the turn is theirs
    turns = Turns(clock, person=1, tenant=10, seconds=SECONDS)
    with asking("a"):
        first = await turns.take("t")
        waiting = asyncio.create_task(turns.take("t"))
        await eventually(lambda: clock.sleeping(SECONDS) == 1)
        turns.give(first)
        waiting.cancel()
        await asyncio.wait([waiting])
        # when the next one asks
        # then the turn is free
        assert await turns.take("t") == first


async def test_a_statement_that_fails_gives_its_turn_back(graph_settings: GraphSettings, turns: Turns) -> None:
    # given a server that does not answer
    async with Graph.connect(replace(graph_settings, uri="bolt://127.0.0.1:1"), turns=turns) as graph:
        for _ in range(4):
            with asking("a"), pytest.raises(GraphUnavailable):
                await graph.read_compiled("RETURN 1", "t", {}, name="test")
    # then the turns are free again
    with asking("a"):
        assert [await turns.take("t") for _ in range(2)] == [(("t", "a"), ("t",))] * 2
