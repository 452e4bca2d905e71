"""Two plans of the same: in whatever order their makers and runs meet, exactly one is carried out.

Real transactions on a real server meet statement by statement, in an order that is drawn from a seed: those that let
plans be carried out a thousand times; fewer times also those that make the plans, and what the run does until its end.
TRELLIS_INTERLEAVINGS asks for another number, TRELLIS_INTERLEAVING for the one of a seed, which a failure names.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, TypeVar

import pytest

from app.domain.plans import create_plan
from app.domain.runs import RunState, create_run
from app.errors import Conflict, StalePlan
from app.graph import Graph, GraphSettings
from app.ports import SystemClock
from app.transactions import Operation, Row, Transaction, Value
from tests.platform import SHOP, Platform, application, environment, service
from tests.runs.deploying import Deploying, RecordingQueue

T = TypeVar("T")
ONE = os.environ.get("TRELLIS_INTERLEAVING")
MANY: Final = int(os.environ.get("TRELLIS_INTERLEAVINGS", "1000"))
SEEDS = [int(ONE)] if ONE else range(MANY)
WHOLE_SEEDS = [int(ONE)] if ONE else range(max(1, MANY // 100))
LANES: Final = 8
"""Applications whose plans meet at the same time, each in an order of its own."""
LONGEST_SECONDS = 0.004
_LOCK: Final = "runs/lock_plan"


@dataclass
class Actor:
    """Who lets one plan be carried out; `holds` says that the application is locked by its transaction."""

    name: str
    at: str | None = None
    holds: bool = False
    over: bool = False
    go: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """Lets one of several take its next statement, whose turn it is by chance.

    Who asks for the lock while another has it is let ask, and not waited for: it hears of it once the other has ended.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._moved = asyncio.Condition()
        self._blocked: set[str] = set()
        self.actors: dict[str, Actor] = {}
        self.order: list[str] = []

    async def gate(self, actor: Actor, statement: str) -> None:
        """Wait for one's turn to run a statement."""
        async with self._moved:
            self._blocked.discard(actor.name)
            actor.at = statement
            self._moved.notify_all()
        await actor.go.wait()
        actor.go.clear()

    async def end(self, actor: Actor) -> None:
        """Say that a transaction is over, whichever way it went."""
        async with self._moved:
            self._blocked.discard(actor.name)
            actor.holds, actor.at, actor.over = False, None, True
            self._moved.notify_all()

    async def play(self) -> None:
        """Give turns until all are over."""
        while True:
            async with self._moved:
                await self._moved.wait_for(self._settled)
                ready = [actor for actor in self.actors.values() if actor.at is not None]
                if not ready:
                    return
                actor = self._chance.choice(ready)
                self.order.append(f"{actor.name}:{actor.at}")
                if actor.at == _LOCK:
                    if any(other.holds for other in self.actors.values()):
                        self._blocked.add(actor.name)
                    else:
                        actor.holds = True
                actor.at = None
                actor.go.set()

    def _settled(self) -> bool:
        """Whether all that can come to a gate have come there."""
        held = any(actor.holds for actor in self.actors.values())
        return all(
            actor.over or actor.at is not None or (actor.name in self._blocked and held)
            for actor in self.actors.values()
        )


_TURNS: ContextVar[tuple[Turns, Actor] | None] = ContextVar("turns", default=None)


class Gated(Transaction):
    """A transaction that waits for its turn before each of its statements."""

    def __init__(self, inner: Transaction, turns: Turns, actor: Actor) -> None:
        super().__init__(inner._execute, inner.operation)
        self._turns, self._actor = turns, actor

    async def run(self, name: str, /, **parameters: Value) -> list[Row]:
        """Wait for one's turn, and run a statement."""
        await self._turns.gate(self._actor, name)
        rows = await super().run(name, **parameters)
        if name == _LOCK:
            self._actor.holds = True
        return rows


class GatedGraph(Graph):
    """The real graph, whose transactions take turns where somebody gives them."""

    async def transact(self, operation: Operation, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in one transaction, statement by statement as the turns come."""
        given = _TURNS.get()
        if given is None:
            return await super().transact(operation, work)
        turns, actor = given

        async def gated(transaction: Transaction) -> T:
            actor.holds = False
            result = await work(Gated(transaction, turns, actor))
            await turns.gate(actor, "commit")
            return result

        return await super().transact(operation, gated)


@pytest.fixture
async def gated(graph_settings: GraphSettings) -> AsyncIterator[GatedGraph]:
    """The shared graph, through a door of its own."""
    async with GatedGraph.connect(graph_settings) as graph:
        assert isinstance(graph, GatedGraph)
        yield graph


async def test_of_two_overlapping_plans_exactly_one_is_let_through_whatever_the_order(
    platform: Platform, gated: GatedGraph, tenant: str
) -> None:
    # given applications with two plans for the same place, which a third time also meet one for another place
    lanes = range(min(LANES, len(SEEDS)))
    await _only_the_freeze(platform)
    await platform.apply(
        *SHOP,
        environment("test"),
        *(application(f"a{lane}") for lane in lanes),
        *(service("s", application=f"a{lane}") for lane in lanes),
    )
    runners = Platform(gated, tenant)
    orders: set[tuple[str, ...]] = set()

    async def meet_again_and_again(lane: int) -> None:
        places = {"one": "shop@dev", "other": "shop@dev", "elsewhere": "shop@test"}
        plans = {
            name: (await create_plan(platform.change(), application_id=f"shop/a{lane}", environment_id=place)).id
            for name, place in places.items()
        }
        for seed in SEEDS[lane :: len(lanes)]:
            turns = Turns(seed)
            try:
                # when
                meeting = {name: id for name, id in plans.items() if name != "elsewhere" or seed % 3 == 0}
                outcomes = await _carried_out(runners, turns, meeting)
                # then one of the two that overlap is let through, and so is one that does not
                refused = [name for name, outcome in outcomes.items() if outcome == "conflict"]
                assert refused in (["one"], ["other"])
                queued = {outcome for outcome in outcomes.values() if outcome != "conflict"}
                assert set(await _under_way(platform, f"shop/a{lane}")) == queued
                orders.add(tuple(turns.order))
                await _forget_runs(platform, f"shop/a{lane}")
            except Exception as error:
                error.add_note(f"TRELLIS_INTERLEAVING={seed} plays it again; the order: {', '.join(turns.order)}")
                raise

    async with asyncio.TaskGroup() as group:
        for lane in lanes:
            group.create_task(meet_again_and_again(lane))
    # and they met in many orders
    assert len(orders) >= len(SEEDS) // 10


async def test_turns_are_the_same_again_for_the_same_seed(platform: Platform, gated: GatedGraph, tenant: str) -> None:
    # given
    await _only_the_freeze(platform)
    await platform.apply(*SHOP, service("s"))
    plans = {
        name: (await create_plan(platform.change(), application_id="shop/boutique", environment_id="shop@dev")).id
        for name in ("one", "other")
    }
    orders = []
    # when
    for seed in (3, 4, 3):
        turns = Turns(seed)
        outcomes = await _carried_out(Platform(gated, tenant), turns, plans)
        assert sorted(outcome == "conflict" for outcome in outcomes.values()) == [False, True]
        await _forget_runs(platform, "shop/boutique")
        orders.append(turns.order)
    # then
    assert orders[0] == orders[2] != orders[1]


async def _carried_out(runners: Platform, turns: Turns, plans: dict[str, str]) -> dict[str, str]:
    """Let all plans be carried out at once, in turns; what became of each: its run, or that there is another."""
    turns.actors = {name: Actor(name) for name in plans}

    async def carry_out(name: str) -> str:
        _TURNS.set((turns, turns.actors[name]))
        try:
            return (await create_run(runners.change(), RecordingQueue(), plan_id=plans[name])).run_id
        except Conflict:
            return "conflict"
        finally:
            await turns.end(turns.actors[name])

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(carry_out(name)) for name in plans}
        group.create_task(turns.play())
    return {name: task.result() for name, task in tasks.items()}


async def _under_way(platform: Platform, application_id: str) -> Sequence[str]:
    rows = await platform.graph.define(
        f"MATCH (r:Run {{tenant: '{platform.tenant}', application_id: '{application_id}', state: 'queued'}})"
        " RETURN r.id AS id"
    )
    return [str(row["id"]) for row in rows]


async def _only_the_freeze(platform: Platform) -> None:
    """Ask one policy: asking all of them takes most of the time, and changes nothing of who comes first."""
    await platform.graph.define(
        f"MATCH (p:Policy {{tenant: '{platform.tenant}'}}) WHERE p.name <> 'freeze-windows'"
        " SET p.set_enforcement = 'off' RETURN count(*) AS off"
    )


async def _forget_runs(platform: Platform, application_id: str) -> None:
    """Let an application be as if no run of it had been asked for, so that its plans can be carried out again."""
    await platform.graph.define(
        f"MATCH (r:Run {{tenant: '{platform.tenant}', application_id: '{application_id}'}})"
        " OPTIONAL MATCH (r)-[:HAS_STEP_RUN]->(s:StepRun) DETACH DELETE r, s RETURN count(*) AS deleted"
    )


class Delayed(Transaction):
    """A transaction that waits for a moment before each of its statements."""

    def __init__(self, inner: Transaction, chance: random.Random) -> None:
        super().__init__(inner._execute, inner.operation)
        self._chance = chance

    async def run(self, name: str, /, **parameters: Value) -> list[Row]:
        """Wait, and run a statement."""
        await SystemClock().sleep(self._chance.choice((0.0, self._chance.uniform(0.0, LONGEST_SECONDS))))
        return await super().run(name, **parameters)


class DelayedGraph(Graph):
    """The real graph, whose transactions are delayed as `chance` has it."""

    chance = random.Random(0)

    async def transact(self, operation: Operation, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in one delayed transaction."""
        return await super().transact(operation, lambda transaction: work(Delayed(transaction, self.chance)))


@pytest.fixture
async def delayed(graph_settings: GraphSettings) -> AsyncIterator[DelayedGraph]:
    """The shared graph, through a door of its own."""
    async with DelayedGraph.connect(graph_settings) as graph:
        assert isinstance(graph, DelayedGraph)
        yield graph


async def test_of_two_overlapping_plans_exactly_one_is_carried_out(
    platform: Platform, delayed: DelayedGraph, tenant: str
) -> None:
    # given a tenant with an application for each interleaving, and two who plan and run at the same time
    await platform.apply(*SHOP, application("other"), *(application(f"a{seed}") for seed in WHOLE_SEEDS))
    makers = Platform(delayed, tenant)
    for seed in WHOLE_SEEDS:
        delayed.chance = random.Random(seed)
        try:
            await _meet(platform, makers, seed)
        except Exception as error:
            error.add_note(f"TRELLIS_INTERLEAVING={seed} plays it again")
            raise


async def _meet(platform: Platform, makers: Platform, seed: int) -> None:
    """Let two plans of one application be made and carried out, while something else changes."""
    # given
    chance = random.Random(seed)
    deploying = Deploying(platform, RecordingQueue())
    names = [f"s{number}" for number in range(chance.randint(1, 3))]
    await platform.apply(*(service(name, application=f"a{seed}") for name in names))
    plans: list[str] = []

    async def make() -> None:
        made = await create_plan(makers.change(), application_id=f"shop/a{seed}", environment_id="shop@dev")
        plans.append(made.id)

    async def carry_out(plan_id: str) -> str:
        try:
            return (await create_run(makers.change(), deploying.queue, plan_id=plan_id)).run_id
        except Conflict:
            return "conflict"

    async def disturb() -> None:
        await makers.apply(service("mail", application="other", image=f"example/mail:v{seed}"))

    # when
    await asyncio.gather(*chance.sample([make(), make(), disturb()], 3))
    outcomes = await asyncio.gather(*(carry_out(plan_id) for plan_id in chance.sample(plans, 2)))
    # then
    assert sorted(outcome == "conflict" for outcome in outcomes) == [False, True]
    [run_id] = [outcome for outcome in outcomes if outcome != "conflict"]
    # and once that has ended, neither plan can be carried out again
    await deploying.worker().execute(run_id)
    assert (await deploying.run(run_id))["state"] == RunState.SUCCEEDED
    for plan_id in plans:
        with pytest.raises(StalePlan) as refused:
            await create_run(platform.change(), deploying.queue, plan_id=plan_id)
        assert list(refused.value.nodes) == [f"shop/a{seed}/{name}@dev" for name in names]
