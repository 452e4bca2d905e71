"""A run of many steps that do nothing, in layers: what executing costs by itself.

Twice: by the worker's executor alone, from claim to end, against `terraform apply` of a saved plan; and from the
mutation `deploy` over HTTP through API, queue and worker to the end of the run, against `terraform plan` and `apply`.
"""

from __future__ import annotations

import asyncio
import gc
import random
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.broker import connect
from app.domain.run_ledger import RunLedger
from app.domain.runs import deploy
from app.doorbell import RedisDoorbell
from app.ports import SystemClock
from benchmarks.children import Caller, api, signed_in, worker
from benchmarks.figures import Figure, Measured
from benchmarks.peers import terraform
from benchmarks.servers import REMOVED_AT_ONCE, Servers, Tenant, tenant
from benchmarks.services import APPLICATION, ENVIRONMENT, Layers, apply_layers
from tests.platform import Platform
from workers.executor import Outcome, RunExecutor
from workers.providers.echo import EchoProvider
from workers.providers.registry import ProviderRegistry
from workers.settings import WorkerSettings
from workers.steps import StepParts
from workers.targets import Targets

POLL_SECONDS = 0.02
LONGEST_RUN = 300.0
DEPLOY = "mutation D($input: DeployInput!) { deploy(input: $input) { run { id } problems { message } } }"
RUN = "query R($id: ID!) { run(id: $id) { state total succeeded } }"


class RunWentWrong(Exception):
    """A run did not end with every step succeeded: what it took says nothing."""


class _NobodyRings:
    """The queue of the executor's own rounds: the run is carried out here, and no worker is called."""

    async def enqueue(self, tenant: str, run_id: str, *, attempt: int) -> None:
        """Take note of nothing."""


@dataclass(frozen=True, slots=True)
class _Spent:
    wall: float
    cpu: float


async def measure(servers: Servers, *, rounds: int, terraform_rounds: int, layers: Layers) -> Measured:
    """Run everything anew each round, after one round that does not count; terraform after the first of the others.

    Raises RunWentWrong, TerraformFailed.
    """
    executed: list[_Spent] = []
    deployed: list[float] = []
    peer: list[terraform.Took] = []
    async with tenant(servers) as owner, _deployer(owner) as caller:
        platform = await apply_layers(owner, layers)
        for number in range(rounds + 1):
            await _as_new(platform)
            spent = await _execute(owner, platform, layers.services)
            await _as_new(platform)
            took = await _deploy(caller, layers.services)
            if number:
                executed.append(spent)
                deployed.append(took)
            if 0 < number <= terraform_rounds:
                folder = servers.folder / f"terraform-{number}"
                peer.append(await terraform.apply(folder, layers.graph()))
                shutil.rmtree(folder)
    return _measured(layers, executed, deployed, peer)


@asynccontextmanager
async def _deployer(owner: Tenant) -> AsyncIterator[Caller]:
    environment = owner.environment()
    async with api(owner, environment) as served, worker(owner, environment):
        yield await signed_in(served, owner)


async def _as_new(platform: Platform) -> None:
    """Forget what is deployed, once the events of the round before are numbered and nothing is under way any more."""
    async with asyncio.timeout(LONGEST_RUN):
        while True:
            waiting = await platform.graph.define(
                f"MATCH (e:Event {{tenant: '{platform.tenant}', pending: true}}) RETURN count(e) AS count"
            )
            if not waiting[0]["count"]:
                break
            await asyncio.sleep(POLL_SECONDS)
    await platform.graph.define(
        f"MATCH (d:Deployment {{tenant: '{platform.tenant}'}}) "
        f"CALL (d) {{ DETACH DELETE d }} IN TRANSACTIONS OF {REMOVED_AT_ONCE} ROWS"
    )


async def _execute(owner: Tenant, platform: Platform, steps: int) -> _Spent:
    """Carry a run out in this process with the worker's own parts."""
    started = await deploy(platform.change(), _NobodyRings(), application_id=APPLICATION, environment_id=ENVIRONMENT)
    clock, own = SystemClock(), WorkerSettings()
    async with connect(owner.servers.redis_url) as redis:
        ledger = RunLedger(owner.graph, platform.ids, RedisDoorbell(redis, clock), owner="benchmark", lease=own.lease)
        registry = ProviderRegistry({"echo": lambda: EchoProvider(clock)})
        parts = StepParts(registry, clock, random.Random(7), own, Targets(own.steps_per_target))
        executor = RunExecutor(ledger, parts)
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        outcome = await executor.execute(owner.name, started.run_id)
        spent = _Spent(time.perf_counter() - wall, time.process_time() - cpu)
        await registry.aclose()
    ended = await owner.graph.define(
        f"MATCH (r:Run {{tenant: '{owner.name}', id: '{started.run_id}'}}) "
        "RETURN r.state AS state, r.succeeded AS succeeded"
    )
    if outcome is not Outcome.FINISHED or (ended[0]["state"], ended[0]["succeeded"]) != ("succeeded", steps):
        raise RunWentWrong(f"{outcome}: {ended}")
    return spent


async def _deploy(caller: Caller, steps: int) -> float:
    """Seconds from asking for a deployment until the run is seen to have ended."""
    began = time.perf_counter()
    answer = await caller.ask(DEPLOY, {"input": {"application": APPLICATION, "environment": ENVIRONMENT}})
    run = answer["deploy"]["run"]
    if not isinstance(run, dict):
        raise RunWentWrong(str(answer))
    async with asyncio.timeout(LONGEST_RUN):
        while True:
            seen = (await caller.ask(RUN, {"id": run["id"]}))["run"]
            if seen["state"] not in ("QUEUED", "RUNNING"):
                break
            await asyncio.sleep(POLL_SECONDS)
    took = time.perf_counter() - began
    if (seen["state"], seen["succeeded"]) != ("SUCCEEDED", steps):
        raise RunWentWrong(str(seen))
    return took


def _measured(layers: Layers, executed: list[_Spent], deployed: list[float], peer: list[terraform.Took]) -> Measured:
    return Measured(
        benchmark="run",
        title=f"Run of {layers.services:,} steps",
        peer=f"terraform, {layers.services:,} terraform_data, parallelism {terraform.PARALLELISM}" if peer else None,
        setup={
            "steps": layers.services,
            "layers": layers.count,
            "dependencies": sum(map(len, layers.graph().values())),
            "terraform_rounds": len(peer),
        },
        figures=(
            Figure(
                "executing a saved plan",
                "s",
                tuple(one.wall for one in executed),
                tuple(one.apply for one in peer),
                times=100,
            ),
            Figure(
                "planning and executing, over HTTP",
                "s",
                tuple(deployed),
                tuple(one.plan + one.apply for one in peer),
                times=100,
            ),
            Figure("CPU of the executing process", "s", tuple(one.cpu for one in executed)),
        ),
    )
