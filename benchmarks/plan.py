"""The plan of one application of many services: read, compared, ordered, checked against policies and stored.

The peer does the least that leaves an ordered plan in the same database.
"""

from __future__ import annotations

import gc
import math
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from neo4j import AsyncGraphDatabase

from app.domain.plans import create_plan
from benchmarks.figures import Figure, Measured
from benchmarks.peers import bare_plan
from benchmarks.servers import Servers, tenant
from benchmarks.services import APPLICATION, ENVIRONMENT, Layers, apply_layers


@dataclass(frozen=True, slots=True)
class Spent:
    """What one plan took: seconds of this process's CPU, and seconds until it was stored."""

    cpu: float
    wall: float


LARGE: Final = Layers(count=10, width=1_000, needs=4)
"""Ten times the services of the usual size, each with four dependencies: more than thirty thousand."""
_MEGABYTE: Final = 1_000_000


async def measure(servers: Servers, *, rounds: int, layers: Layers, large: Layers | None = None) -> Measured:
    """Plan everything as new, ours and the peer in turn, after one round that does not count.

    `large` is planned by itself: how long that takes, how much memory, and how many times as long as the usual size.
    """
    graph = servers.graph
    samples: dict[str, list[Spent]] = {"ours": [], "peer": []}
    async with (
        tenant(servers) as owner,
        AsyncGraphDatabase.driver(
            graph.uri, auth=(graph.user, graph.password), notifications_min_severity="OFF"
        ) as driver,
    ):
        platform = await apply_layers(owner, layers)

        async def ours() -> int:
            change = platform.change()
            planned = await create_plan(change, application_id=APPLICATION, environment_id=ENVIRONMENT)
            return len(planned.proposal.steps)

        async def peer() -> int:
            return await bare_plan.plan(driver, owner.name, APPLICATION)

        turns: list[tuple[str, Callable[[], Awaitable[int]]]] = [("ours", ours), ("peer", peer)]
        for number in range(rounds + 1):
            for name, work in turns if number % 2 == 0 else reversed(turns):
                spent = await _spent(work, layers.services)
                if number:
                    samples[name].append(spent)
    figures = _figures(samples["ours"], samples["peer"])
    return Measured(
        benchmark="plan",
        title=f"Plan of {layers.services:,} services",
        peer="a bare plan: graphlib and one UNWIND each for steps and edges; no comparison, policies, events or digest",
        setup={
            "services": layers.services,
            "layers": layers.count,
            "dependencies": sum(map(len, layers.graph().values())),
        },
        figures=figures if large is None else (*figures, *await _of(servers, large, rounds, layers, figures[1])),
    )


async def _of(servers: Servers, large: Layers, rounds: int, usual: Layers, usually: Figure) -> tuple[Figure, ...]:
    """The figures of a large plan beside those of the usual size."""
    spent = []
    async with tenant(servers) as owner:
        platform = await apply_layers(owner, large)

        async def work() -> int:
            change = platform.change()
            planned = await create_plan(change, application_id=APPLICATION, environment_id=ENVIRONMENT)
            return len(planned.proposal.steps)

        for number in range(rounds + 1):
            one = await _spent(work, large.services)
            if number:
                spent.append(one.wall)
        # In a round of its own: looking at every allocation takes longer than the plan itself.
        tracemalloc.start()
        try:
            await work()
            memory = tracemalloc.get_traced_memory()[1] / _MEGABYTE
        finally:
            tracemalloc.stop()
    times = large.services / usual.services
    growth = times * math.log2(large.services) / math.log2(usual.services)
    said = f"{large.services:,} services with {sum(map(len, large.graph().values())):,} dependencies"
    return (
        Figure(f"until stored, {said}", "s", tuple(spent), most=2.0),
        Figure(f"memory at its peak, {said}", "MB", (memory,), most=500.0),
        Figure(
            f"time against {usual.services:,} services; n log n is {growth:.1f} times",
            "times",
            tuple(one / usually.median for one in spent),
            most=round(growth, 1),
        ),
    )


def _figures(ours: Sequence[Spent], peer: Sequence[Spent]) -> tuple[Figure, ...]:
    def rounds(pick: Callable[[Spent], float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return tuple(map(pick, ours)), tuple(map(pick, peer))

    return (
        Figure("CPU of the planning process", "s", *rounds(lambda one: one.cpu), most=1.0),
        Figure("until stored", "s", *rounds(lambda one: one.wall)),
    )


async def _spent(work: Callable[[], Awaitable[int]], expected: int) -> Spent:
    # What the round before left behind is collected outside of the measurement.
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    steps = await work()
    spent = Spent(time.process_time() - cpu, time.perf_counter() - wall)
    if steps != expected:
        raise AssertionError(f"the plan has {steps} steps, not {expected}")
    return spent
