"""How soon an idle worker begins what it is rung for: with a run's first step, and with a job against arq's defaults.

The first step begins after the run was claimed, its steps were read, and the step's mark was committed: a transaction
of the graph that a bare job does without. What the machine itself takes at that moment is measured in the same rounds:
a transaction that writes nothing but its operation's id.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from app.domain.runs import deploy
from app.domain.workloads import Workload
from app.ports import SystemClock
from app.transactions import Operation, Transaction
from benchmarks.executing import executor
from benchmarks.figures import Figure, Measured, percentile
from benchmarks.peers import arq_default
from benchmarks.servers import Servers, Tenant, tenant
from benchmarks.services import APPLICATION, ENVIRONMENT
from tests.platform import SHOP, Platform, service
from workers import queue
from workers.deadlines import cancelled
from workers.dispatcher import Dispatcher
from workers.providers.contract import StepContext
from workers.providers.echo import EchoProvider
from workers.queue import ArqJobQueue, RunWorker
from workers.settings import WorkerSettings

WARM_UP: Final = 20
"""Runs that do not count: the server compiles the statements of a run."""
IDLE_SECONDS: Final = 0.02
LONGEST_SECONDS: Final = 30.0


class _NotingProvider(EchoProvider):
    """Says when a step's effect begins."""

    def __init__(self, clock: SystemClock, note: Callable[[], None]) -> None:
        super().__init__(clock)
        self._note = note

    async def apply(self, desired: Workload, step: StepContext) -> Mapping[str, str]:
        """Note, and do as echo does."""
        self._note()
        return await super().apply(desired, step)


class _NotingQueue(ArqJobQueue):
    """Says when a run is rung for."""

    rung_at = 0.0

    async def enqueue(self, tenant: str, run_id: str, *, project: str, attempt: int, priority: int = 0) -> None:
        """Note, and ring."""
        self.rung_at = time.perf_counter()
        await super().enqueue(tenant, run_id, project=project, attempt=attempt, priority=priority)


async def measure(servers: Servers, *, runs: int = 200, jobs: int = 40, warm_up: int = WARM_UP) -> Measured:
    """Deploy one service anew `runs` times, after `warm_up` that do not count, with an otherwise idle worker.

    Then arq begins `jobs`.
    """
    async with tenant(servers) as owner:
        rounds = (await _rounds(owner, warm_up + runs))[warm_up:]
        async with arq_default.at_work(servers.redis_url, f"{owner.name}:peer") as peer:
            theirs = [await peer.seconds() for _ in range(jobs)]
    first = tuple(one.first_step * 1000 for one in rounds)
    empty = tuple(one.empty_write * 1000 for one in rounds)
    jobs_ms = tuple(one * 1000 for one in theirs)
    slowest = percentile(first, 0.99), percentile(jobs_ms, 0.99)
    return Measured(
        benchmark="dispatch",
        title="How soon a worker begins",
        peer="arq with its defaults: from enqueueing a job until it begins",
        setup={"runs": runs, "jobs": jobs},
        figures=(
            Figure("from ringing to the first step", "ms", first, jobs_ms),
            Figure(f"99th percentile of {runs}", "ms", slowest[:1], slowest[1:], times=40),
            Figure(f"99th percentile of {runs}, by itself", "ms", slowest[:1], most=10.0),
            Figure("an empty write transaction", "ms", empty),
            Figure(f"its 99th percentile of {runs}", "ms", (percentile(empty, 0.99),)),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Round:
    """Seconds from ringing to the first step, and of the transaction that writes nothing."""

    first_step: float
    empty_write: float


async def _rounds(owner: Tenant, runs: int) -> list[_Round]:
    platform = Platform(owner.graph, owner.name)
    await platform.apply(*SHOP, service("cart"))
    begun: list[float] = []
    took: list[_Round] = []
    async with _worker(owner, platform, lambda: begun.append(time.perf_counter())) as (jobs, ended):
        for _ in range(runs):
            await owner.graph.define(f"MATCH (d:Deployment {{tenant: '{owner.name}'}}) DETACH DELETE d")
            begun.clear()
            ended.clear()
            # So that the worker waits at its bell.
            await asyncio.sleep(IDLE_SECONDS)
            await deploy(platform.change(), jobs, application_id=APPLICATION, environment_id=ENVIRONMENT)
            async with asyncio.timeout(LONGEST_SECONDS):
                await ended.wait()
            took.append(_Round(begun[0] - jobs.rung_at, await _empty_write(platform)))
    return took


async def _empty_write(platform: Platform) -> float:
    async def nothing(transaction: Transaction) -> None:
        """The operation's id is written after it."""

    began = time.perf_counter()
    await platform.graph.transact(Operation(platform.ids.new(), "benchmark", platform.tenant), nothing)
    return time.perf_counter() - began


@asynccontextmanager
async def _worker(
    owner: Tenant, platform: Platform, note: Callable[[], None]
) -> AsyncIterator[tuple[_NotingQueue, asyncio.Event]]:
    """A worker's own parts in this process, the queue that rings for them, and what is set when a run has ended."""
    clock, own = SystemClock(), WorkerSettings()
    async with (
        queue.connect(owner.servers.redis_url) as redis,
        executor(owner, platform, redis, provider=_NotingProvider(clock, note)) as executing,
    ):
        dispatcher = Dispatcher(executing.execute, concurrency=own.concurrency)
        worker = RunWorker(redis, clock, tenant=owner.name, dispatcher=dispatcher, settings=own)
        ended = asyncio.Event()
        dispatcher.listen(freed=worker.freed, done=lambda _: ended.set())
        taking = asyncio.create_task(worker.main())
        try:
            yield _NotingQueue(redis, clock), ended
        finally:
            await cancelled(taking)
            await dispatcher.close(drain=1.0)
