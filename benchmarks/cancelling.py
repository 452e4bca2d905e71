"""Runs that are cancelled while a step is under way: how long until they have ended so. There is no peer.

The target, which hangs, lets go of a step when it is told to, so that what is left is what we need ourselves.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from benchmarks.children import Caller, api, signed_in, worker
from benchmarks.figures import Figure, Measured
from benchmarks.servers import Servers, tenant
from benchmarks.services import APPLICATION, ENVIRONMENT
from tests.platform import SHOP, Platform, service

DEPLOY: Final = "mutation D($input: DeployInput!) { deploy(input: $input) { run { id } problems { message } } }"
CANCEL: Final = "mutation C($input: EndRunInput!) { cancelRun(input: $input) { run { state } problems { message } } }"
RUN: Final = "query R($id: ID!) { run(id: $id) { state steps(first: 1) { nodes { state } } } }"
MOST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.005


async def measure(servers: Servers, *, runs: int = 20) -> Measured:
    """Deploy a service that never comes to its end and cancel the run while that is under way, `runs` times."""
    took: list[float] = []
    async with tenant(servers) as owner:
        await Platform(owner.graph, owner.name).apply(*SHOP, service("endless", env={"ECHO_HANG": "1"}, deadline=3600))
        environment = owner.environment()
        async with api(owner, environment) as served, worker(owner, environment):
            caller = await signed_in(served, owner)
            for _ in range(runs):
                took.append(await _cancelled(caller))
    return Measured(
        benchmark="cancelling",
        title="A run is cancelled",
        peer=None,
        setup={"runs": runs},
        figures=(
            Figure("from cancelRun until the run has ended", "s", tuple(took)),
            Figure(f"the longest of {runs}", "s", (max(took),), most=MOST_SECONDS),
        ),
    )


async def _cancelled(caller: Caller) -> float:
    """Seconds from sending the mutation until the run is seen to be cancelled."""
    place = {"application": APPLICATION, "environment": ENVIRONMENT}
    run = (await caller.ask(DEPLOY, {"input": place}))["deploy"]["run"]
    if not isinstance(run, dict):
        raise TypeError(f"nothing was deployed: {run}")
    # Its step has reached the target.
    await _seen(caller, run["id"], ("RUNNING", "RUNNING"))
    began = time.perf_counter()
    await caller.ask(CANCEL, {"input": {"run": run["id"]}})
    await _seen(caller, run["id"], ("CANCELLED", "SKIPPED"))
    return time.perf_counter() - began


async def _seen(caller: Caller, run_id: object, states: tuple[str, str]) -> None:
    """Return once the run and its step are seen in these states."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while True:
            if await _states(caller, run_id) == states:
                return
            await asyncio.sleep(POLL_SECONDS)


async def _states(caller: Caller, run_id: object) -> tuple[object, object]:
    run = (await caller.ask(RUN, {"id": run_id}))["run"]
    steps = run["steps"]
    if not isinstance(steps, dict):
        raise TypeError(f"not a page of steps: {steps}")
    return run["state"], steps["nodes"][0]["state"]
