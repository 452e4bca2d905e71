"""A tenant that deploys: runs are created as users do and carried out by a real executor."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.run_ledger import RunLedger
from app.domain.run_records import Claim
from app.domain.runs import OnFailure, RunState, Started, Wishes, deploy
from app.domain.workloads import Target, Workload
from app.graph_failures import GraphUnavailable
from app.ports import Clock, JobQueue, SystemClock
from app.transactions import Row
from tests.platform import Platform
from workers.executor import Outcome, RunExecutor
from workers.providers.contract import FieldChange, Health, Observed, Provider, StepContext
from workers.providers.echo import EchoProvider
from workers.providers.registry import ProviderRegistry
from workers.settings import WorkerSettings
from workers.steps import StepParts
from workers.targets import Targets

APPLICATION, ENVIRONMENT = "shop/boutique", "shop@dev"


class RecordingQueue:
    """Remembers which runs it was rung for."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, str, int]] = []
        self.nudged: list[tuple[str, str]] = []
        self.observed: list[str] = []

    async def nudge(self, tenant: str, run_id: str) -> None:
        """Remember the nudge."""
        self.nudged.append((tenant, run_id))

    async def observe(self, tenant: str) -> None:
        """Remember that somebody asked."""
        self.observed.append(tenant)

    async def enqueue(self, tenant: str, run_id: str, *, project: str, attempt: int, priority: int = 0) -> None:
        """Remember the ring."""
        self.rung.append((tenant, run_id, attempt))


class RecordingProvider:
    """A provider that remembers every call it passes on to another, and can be kept from applying."""

    def __init__(self, inner: Provider) -> None:
        self.inner = inner
        self.calls: list[tuple[str, str]] = []
        self.working = 0
        self.most_working = 0
        self.closed: dict[str, asyncio.Event] = {}
        self.kept: list[Workload] = []

    @property
    def name(self) -> str:
        """The inner provider's name."""
        return self.inner.name

    @property
    def kinds(self) -> frozenset[str]:
        """The inner provider's kinds."""
        return self.inner.kinds

    def names(self, call: str) -> list[str]:
        """The services of all calls of that name, in order."""
        return [service for name, service in self.calls if name == call]

    def close(self, service: str) -> asyncio.Event:
        """Keep applying that service from going on until the event that is returned is set."""
        return self.closed.setdefault(service, asyncio.Event())

    async def observe(self, target: Target) -> Observed:
        """Remember and pass on."""
        self.calls.append(("observe", target.name))
        return await self.inner.observe(target)

    def diff(self, desired: Workload, observed: Observed) -> tuple[FieldChange, ...]:
        """Pass on."""
        return self.inner.diff(desired, observed)

    async def apply(self, desired: Workload, step: StepContext) -> Mapping[str, str]:
        """Remember, wait while the service is closed, and pass on."""
        self.calls.append(("apply", desired.target.name))
        self.working += 1
        self.most_working = max(self.most_working, self.working)
        try:
            if desired.target.name in self.closed:
                self.kept.append(desired)
                await self.closed[desired.target.name].wait()
            return await self.inner.apply(desired, step)
        finally:
            self.working -= 1

    async def delete(self, target: Target, step: StepContext) -> None:
        """Remember and pass on."""
        self.calls.append(("delete", target.name))
        await self.inner.delete(target, step)

    async def health(self, target: Target) -> Health:
        """Pass on."""
        return await self.inner.health(target)

    async def aclose(self) -> None:
        """Pass on."""
        await self.inner.aclose()


async def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return as soon as the condition holds; fails after `seconds`."""
    clock = SystemClock()
    async with asyncio.timeout(seconds):
        while not condition():
            await clock.sleep(0.005)


class CutLedger(RunLedger):
    """A ledger whose worker can be cut off from the graph, so that it cannot give its runs back."""

    cut_off = False

    async def release(self, claim: Claim) -> None:
        """Give the run back, unless the worker is cut off."""
        if self.cut_off:
            raise GraphUnavailable("cut off")
        await super().release(claim)


@dataclass
class Worker:
    """One worker without a queue: an executor of its own, with a provider that remembers."""

    ledger: CutLedger
    provider: RecordingProvider
    executor: RunExecutor
    tenant: str

    async def execute(self, run_id: str) -> Outcome:
        """Carry a run out."""
        return await self.executor.execute(self.tenant, run_id)

    def cut_off(self) -> None:
        """Let nothing that this worker says reach the graph any more."""
        self.ledger.cut_off = True


@dataclass
class Deploying:
    """The platform's runs, and workers that carry them out."""

    platform: Platform
    queue: JobQueue

    def worker(
        self,
        name: str = "worker-1",
        *,
        clock: Clock | None = None,
        settings: WorkerSettings | None = None,
        provider: Provider | None = None,
        ledger: type[CutLedger] = CutLedger,
    ) -> Worker:
        """A worker; `provider` is what its echo provider passes its calls on to."""
        own = settings or WorkerSettings()
        time = clock or SystemClock()
        written = ledger(self.platform.graph, self.platform.ids, self.platform.doorbell, owner=name, lease=own.lease)
        recording = RecordingProvider(provider or EchoProvider(time))
        registry = ProviderRegistry({"echo": lambda: recording})
        parts = StepParts(registry, time, random.Random(7), own, Targets(own, time))
        return Worker(written, recording, RunExecutor(written, parts), self.platform.tenant)

    async def deploy(
        self,
        environment_id: str = ENVIRONMENT,
        *,
        on_failure: OnFailure = OnFailure.STOP,
        confirm_after: int | None = None,
        priority: int = 0,
        idempotency_key: str | None = None,
    ) -> Started:
        """Deploy the boutique."""
        return await deploy(
            self.platform.change(),
            self.queue,
            application_id=APPLICATION,
            environment_id=environment_id,
            wishes=Wishes(on_failure, confirm_after, priority),
            idempotency_key=idempotency_key,
        )

    async def run(self, run_id: str) -> Row:
        """A run's properties."""
        rows = await self.platform.graph.define(
            f"MATCH (r:Run:Entity {{tenant: '{self.platform.tenant}', id: '{run_id}'}}) RETURN properties(r) AS run"
        )
        found = rows[0]["run"]
        assert isinstance(found, dict)
        return found

    async def totals(self, run_id: str) -> tuple[object, ...]:
        """State, total, succeeded, failed and skipped of a run."""
        run = await self.run(run_id)
        return tuple(run[name] for name in ("state", "total", "succeeded", "failed", "skipped"))

    async def steps(self, run_id: str) -> dict[str, Row]:
        """The records of a run's steps, by service name."""
        rows = await self.platform.graph.define(
            f"MATCH (:Run {{tenant: '{self.platform.tenant}', id: '{run_id}'}})-[:HAS_STEP_RUN]->(s:StepRun) "
            "RETURN properties(s) AS step ORDER BY s.position"
        )
        return {str(step["service_name"]): step for row in rows if isinstance(step := row["step"], dict)}

    async def states(self, run_id: str) -> dict[str, str]:
        """The state of each step of a run, by service name."""
        return {name: str(step["state"]) for name, step in (await self.steps(run_id)).items()}

    async def until(self, run_id: str, service: str, state: str) -> None:
        """Return once the step of that service is in that state; fails after half a minute."""
        clock = SystemClock()
        async with asyncio.timeout(30):
            while (await self.states(run_id))[service] != state:
                await clock.sleep(0.01)

    async def until_waiting(self, run_id: str, service: str, reasons: Sequence[str]) -> None:
        """Return once the step of that service says that it waits for that; fails after half a minute."""
        clock = SystemClock()
        async with asyncio.timeout(30):
            while (await self.steps(run_id))[service].get("waiting_for") != reasons:
                await clock.sleep(0.01)

    async def until_ended(self, run_id: str, seconds: float = 60.0) -> None:
        """Return once a run is over; a graph that is away is asked again."""
        clock = SystemClock()
        async with asyncio.timeout(seconds):
            while not await self._over(run_id):
                await clock.sleep(0.05)

    async def _over(self, run_id: str) -> bool:
        try:
            return RunState(str((await self.run(run_id))["state"])).final
        except GraphUnavailable:
            return False

    async def deployments(self) -> dict[str, tuple[str, bool]]:
        """Status of each deployment by service name, and whether it runs what the service desires."""
        rows = await self.platform.graph.define(
            f"MATCH (d:Deployment:Entity {{tenant: '{self.platform.tenant}'}}) "
            "RETURN d.service_name AS name, d.status AS status, "
            "EXISTS { (d)-[:OF]->(:Service)-[:DESIRES]->(:ServiceVersion)<-[:RUNS]-(d) } AS current"
        )
        return {str(row["name"]): (str(row["status"]), bool(row["current"])) for row in rows}

    async def events_of(self, types: Sequence[str]) -> list[str]:
        """The types of the tenant's events that begin with one of those, oldest first."""
        return [str(one["type"]) for one in await self.platform.events() if str(one["type"]).startswith(tuple(types))]

    async def make_overdue(self, run_id: str) -> None:
        """Let a run's lease have ended, as if its worker had been silent for so long."""
        await self.platform.graph.define(
            f"MATCH (r:Run {{tenant: '{self.platform.tenant}', id: '{run_id}'}}) "
            "SET r.lease_until = datetime.realtime() - duration({seconds: 1}), r.rung_at = datetime({epochMillis: 0})"
        )
