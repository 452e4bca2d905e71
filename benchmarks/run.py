"""A run of many steps that do nothing, in layers: what executing costs by itself.

Twice: by the worker's executor alone, from claim to end, against `terraform apply` of a saved plan, one job of arq a
step, and a bare loop that keeps the steps' state and nothing else; and from the mutation `deploy` over HTTP through
API, queue and worker to the end of the run, against `terraform plan` and `apply`.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from neo4j import AsyncDriver, AsyncGraphDatabase

from app.broker import connect
from app.domain.runs import deploy
from app.ports import SystemClock
from benchmarks import executing, history
from benchmarks.children import Caller, api, signed_in, worker
from benchmarks.figures import Figure, Measured
from benchmarks.peers import arq_steps, group_commit, terraform
from benchmarks.servers import REMOVED_AT_ONCE, Servers, Tenant, tenant
from benchmarks.services import APPLICATION, ENVIRONMENT, Layers, apply_layers
from tests.platform import Platform
from workers.executor import Outcome
from workers.providers.echo import EchoProvider

WARM_UP_ROUNDS = 20
"""A server's code is compiled while it runs, and it runs for weeks; terraform has nothing to warm up."""
POLL_SECONDS = 0.02
LONGEST_RUN = 300.0
GROUP_COMMIT_TIMES: Final = round(1 / 1.5, 2)
"""How many times faster than the bare loop ours must be: 0.67 times is 1.5 times as slow."""
DEPLOY = "mutation D($input: DeployInput!) { deploy(input: $input) { run { id } problems { message } } }"
RUN = "query R($id: ID!) { run(id: $id) { state total succeeded } }"


class RunWentWrong(Exception):
    """A run did not end with every step succeeded: what it took says nothing."""


class _NobodyRings:
    """The queue of the executor's own rounds: the run is carried out here, and no worker is called."""

    async def observe(self, tenant: str) -> None:
        """Nobody observes anything."""

    async def nudge(self, tenant: str, run_id: str) -> None:
        """Nobody else carries a run out."""

    async def enqueue(self, tenant: str, run_id: str, *, project: str, attempt: int, priority: int = 0) -> None:
        """Take note of nothing."""


@dataclass(frozen=True, slots=True)
class _Spent:
    wall: float
    cpu: float


@dataclass(slots=True)
class _Rounds:
    """What every side took, a round an item."""

    executed: list[_Spent] = field(default_factory=list)
    deployed: list[float] = field(default_factory=list)
    jobs: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    layered: list[terraform.Took] = field(default_factory=list)
    flat: list[terraform.Took] = field(default_factory=list)


async def measure(
    servers: Servers,
    *,
    rounds: int,
    terraform_rounds: int,
    layers: Layers,
    warm_up: int = WARM_UP_ROUNDS,
    past: int = history.SERVICES,
) -> Measured:
    """Run everything anew each round, after `warm_up` ones that do not count; terraform after the first of the others.

    Another tenant of the same server has `past` services at work; what the very first round took is shown, too.

    Raises RunWentWrong, TerraformFailed.
    """
    found = _Rounds()
    first: list[float] = []
    access = servers.graph
    async with (
        tenant(servers) as other,
        tenant(servers) as owner,
        _deployer(owner) as caller,
        AsyncGraphDatabase.driver(
            access.uri, auth=(access.user, access.password), notifications_min_severity="OFF"
        ) as driver,
    ):
        await history.seed(other.graph, other.name, past)
        platform = await apply_layers(owner, layers)
        for number in range(1 - warm_up, rounds + 1):
            await _as_new(platform)
            spent = await _execute(owner, platform, layers.services)
            first = first or [spent.wall]
            bare = await _bare(driver, owner, f"bare-{number}", layers)
            await _as_new(platform)
            took = await _deploy(caller, layers.services)
            if number > 0:
                found.executed.append(spent)
                found.bare.append(bare)
                found.deployed.append(took)
                found.jobs.append(await _jobs(servers, f"{owner.name}:{number}", layers))
            if 0 < number <= terraform_rounds:
                found.layered.append(await _terraform(servers, f"layers-{number}", layers.graph()))
                found.flat.append(await _terraform(servers, f"flat-{number}", dict.fromkeys(layers.graph(), ())))
    return _measured(layers, found, first=first)


async def _terraform(servers: Servers, name: str, graph: Mapping[str, Sequence[str]]) -> terraform.Took:
    folder = servers.folder / f"terraform-{name}"
    took = await terraform.apply(folder, graph)
    shutil.rmtree(folder)
    return took


async def _jobs(servers: Servers, name: str, layers: Layers) -> float:
    took, order = await arq_steps.run(servers.redis_url, name, layers.graph())
    if len(order) != layers.services:
        raise RunWentWrong(f"arq: {len(order)} jobs were carried out")
    return took


async def _bare(driver: AsyncDriver, owner: Tenant, name: str, layers: Layers) -> float:
    took, succeeded = await group_commit.run(driver, owner.name, name, layers.graph())
    if succeeded != layers.services:
        raise RunWentWrong(f"the bare loop: {succeeded} steps succeeded")
    return took


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
    async with (
        connect(owner.servers.redis_url) as redis,
        executing.executor(owner, platform, redis, provider=EchoProvider(SystemClock())) as executor,
    ):
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        outcome = await executor.execute(owner.name, started.run_id)
        spent = _Spent(time.perf_counter() - wall, time.process_time() - cpu)
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


def _measured(layers: Layers, found: _Rounds, *, first: list[float]) -> Measured:
    executed = tuple(one.wall for one in found.executed)

    def executing(against: str, peer: Sequence[float], times: float) -> Figure:
        return Figure("executing a saved plan", "s", executed, tuple(peer), times=times, against=against)

    return Measured(
        benchmark="run",
        title=f"Run of {layers.services:,} steps",
        peer=f"terraform: {layers.services:,} terraform_data, parallelism {terraform.PARALLELISM}, the same "
        f"dependencies or none; arq: one job a step, looked for every {arq_steps.POLL_SECONDS:g} s; "
        "bare group commit: the steps' state",
        setup={
            "steps": layers.services,
            "layers": layers.count,
            "dependencies": sum(map(len, layers.graph().values())),
            "terraform_rounds": len(found.layered),
        },
        figures=(
            executing("terraform", [one.apply for one in found.layered], 100),
            executing("terraform without dependencies", [one.apply for one in found.flat], 25),
            executing("a job a step", found.jobs, 5),
            executing("bare group commit", found.bare, GROUP_COMMIT_TIMES),
            Figure(
                "planning and executing, over HTTP",
                "s",
                tuple(found.deployed),
                tuple(one.plan + one.apply for one in found.layered),
                times=100,
                against="terraform",
            ),
            Figure("the first after a start of the database", "s", tuple(first)),
            Figure("CPU of the executing process", "s", tuple(one.cpu for one in found.executed)),
        ),
    )
