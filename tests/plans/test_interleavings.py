"""Two plans of the same: in whatever order their makers and runs meet, exactly one is carried out.

Statements of both wait for a moment by chance, so that they meet in another order each time, on a real server.
TRELLIS_INTERLEAVINGS asks for more of them, TRELLIS_INTERLEAVING for the one of a seed, which a failure names.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from app.domain.plans import create_plan
from app.domain.runs import RunState, create_run
from app.errors import Conflict, StalePlan
from app.graph import Graph, GraphSettings
from app.ports import SystemClock
from app.transactions import Operation, Row, Transaction, Value
from tests.platform import SHOP, Platform, application, service
from tests.runs.deploying import Deploying, RecordingQueue

T = TypeVar("T")
ONE = os.environ.get("TRELLIS_INTERLEAVING")
SEEDS = [int(ONE)] if ONE else range(int(os.environ.get("TRELLIS_INTERLEAVINGS", "10")))
LONGEST_SECONDS = 0.004


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
    await platform.apply(*SHOP, application("other"), *(application(f"a{seed}") for seed in SEEDS))
    makers = Platform(delayed, tenant)
    for seed in SEEDS:
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
