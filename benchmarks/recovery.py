"""A worker that is killed in the middle of a run: how long until another one goes on with it. There is no peer."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from app.domain.runs import deploy
from app.local.processes import kill
from app.ports import SystemClock
from benchmarks.children import Child, worker
from benchmarks.figures import Figure, Measured
from benchmarks.servers import Servers, Tenant, tenant
from benchmarks.services import APPLICATION, ENVIRONMENT
from tests.platform import SHOP, Platform, service
from workers import queue
from workers.queue import ArqJobQueue

LEASE_SECONDS = 5.0
LONGEST_SECONDS = 120.0
POLL_SECONDS = 0.005


async def measure(servers: Servers, *, rounds: int, lease: float = LEASE_SECONDS) -> Measured:
    """Let one worker carry a run out that does not end, kill it, and wait for the next one; that is killed in turn."""
    took: list[float] = []
    async with tenant(servers) as owner, AsyncExitStack() as stack:
        environment = {**owner.environment(), "TRELLIS_WORKER_LEASE_SECONDS": str(lease)}
        platform = Platform(owner.graph, owner.name)
        await platform.apply(*SHOP, service("endless", env={"ECHO_HANG": "1"}, deadline=3600))
        at_work = await stack.enter_async_context(worker(owner, environment))
        async with queue.connect(servers.redis_url) as redis:
            started = await deploy(
                platform.change(),
                ArqJobQueue(redis, SystemClock()),
                application_id=APPLICATION,
                environment_id=ENVIRONMENT,
            )
        for number in range(rounds):
            await _begun(owner, started.run_id, claims=number + 1)
            following = await stack.enter_async_context(worker(owner, environment))
            took.append(await _followed(owner, started.run_id, at_work, claims=number + 2))
            at_work = following
    return Measured(
        benchmark="recovery",
        title="A worker is killed",
        peer=None,
        setup={"lease_seconds": lease},
        figures=(
            Figure("until another worker goes on", "s", tuple(took)),
            Figure(f"the longest of {rounds}, with a lease of {lease:g} s", "s", (max(took),), most=lease + 1.0),
        ),
    )


async def _begun(owner: Tenant, run_id: str, *, claims: int) -> None:
    """Return once the run was taken up that often and its step is under way, so that the lease is held."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while True:
            if await _at(owner, run_id) == (claims, "running"):
                return
            await asyncio.sleep(POLL_SECONDS)


async def _followed(owner: Tenant, run_id: str, at_work: Child, *, claims: int) -> float:
    """Seconds from the death of the worker until another one has taken the run up."""
    began = time.perf_counter()
    await asyncio.to_thread(kill, at_work.process)
    async with asyncio.timeout(LONGEST_SECONDS):
        while True:
            if (await _at(owner, run_id))[0] >= claims:
                return time.perf_counter() - began
            await asyncio.sleep(POLL_SECONDS)


async def _at(owner: Tenant, run_id: str) -> tuple[int, str]:
    """How often the run was taken up, and the state of its step."""
    rows = await owner.graph.define(
        f"MATCH (run:Run {{tenant: '{owner.name}', id: '{run_id}'}})-[:HAS_STEP_RUN]->(step:StepRun) "
        "RETURN run.attempts AS attempts, step.state AS state"
    )
    return int(str(rows[0]["attempts"])), str(rows[0]["state"])
