"""A platform whose targets others change, too, and workers that look at it with time turned by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from app.domain.drift import drifted_fields
from app.domain.healing import Healing
from app.domain.observing import Observations
from app.domain.rows import texts
from app.domain.workloads import Target
from tests.clocks import HandClock
from tests.platform import SHOP, service
from tests.runs.deploying import Deploying, Worker
from workers.drift import DriftLoop, Outcome
from workers.providers.contract import Observed, ProviderUnavailable
from workers.providers.echo import EchoProvider
from workers.providers.registry import ProviderRegistry
from workers.settings import WorkerSettings
from workers.targets import Targets

EVERY = 300


class OutsideProvider(EchoProvider):
    """An echo that others can write to: `seen` are the fields that they have set, None for what they took away."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__(clock)
        self.seen: dict[str, dict[str, str | None]] = {}
        self.gone: set[str] = set()
        self.away = False
        self.asked: list[str] = []
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def observe(self, target: Target) -> Observed:
        """What was applied, and what others have made of it."""
        self.asked.append(target.name)
        if self.meanwhile is not None:
            await self.meanwhile()
            self.meanwhile = None
        if self.away:
            raise ProviderUnavailable("the cluster does not answer")
        there = await super().observe(target)
        if target.name in self.gone:
            return Observed(exists=False)
        fields = {**there.fields, **self.seen.get(target.name, {})}
        return replace(there, fields={name: value for name, value in fields.items() if value is not None})


@dataclass
class Outside:
    """A boutique that runs, and how it is looked at."""

    deploying: Deploying
    clock: HandClock = field(default_factory=HandClock)
    counted: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.provider = OutsideProvider(self.clock)
        self.loop = self.looking()

    @property
    def tenant(self) -> str:
        """The tenant."""
        return self.deploying.platform.tenant

    def looking(self, provider: EchoProvider | None = None, *, name: str = "echo") -> DriftLoop:
        """The loop of one worker; with the provider that deploys here, or another, which it has under that name."""
        platform, there = self.deploying.platform, provider or self.provider
        observations = Observations(platform.graph, platform.ids, platform.doorbell, self.clock, every=EVERY)
        registry = ProviderRegistry({name: lambda: there})
        targets = Targets(WorkerSettings(), self.clock)
        return DriftLoop(
            observations,
            registry,
            targets,
            self.clock,
            tenants=[self.tenant],
            healing=Healing(platform.graph, platform.ids, platform.doorbell, self.deploying.queue, self.clock),
            counted=self.counted.append,
        )

    async def deployed(self, *names: str) -> Worker:
        """Let those services run."""
        await self.deploying.platform.apply(*SHOP, *(service(name, env={"MODE": "quiet"}) for name in names))
        return await self.run()

    async def run(self) -> Worker:
        """Deploy the boutique."""
        worker = self.deploying.worker(provider=self.provider)
        started = await self.deploying.deploy()
        await worker.execute(started.run_id)
        return worker

    async def later(self) -> int:
        """Let the interval pass and look; how many environments there were."""
        self.clock.advance(EVERY)
        return await self.loop.look(self.tenant)

    async def drift(self) -> dict[str, list[tuple[str, str | None, str | None]]]:
        """What is recorded of drifted deployments: field, recorded and observed, by service."""
        rows = await self.deploying.platform.graph.define(
            f"MATCH (d:Deployment {{tenant: '{self.tenant}'}}) WHERE d.drifted "
            "RETURN d.service_name AS name, d.expected AS expected, d.observed AS observed"
        )
        return {
            str(row["name"]): [
                (one.field, one.recorded, one.observed)
                for one in drifted_fields(texts(row["expected"]), texts(row["observed"]))
            ]
            for row in rows
        }

    async def told(self) -> list[tuple[str, str]]:
        """Type and subject of the events about drift, oldest first."""
        events = await self.deploying.platform.events()
        return [(str(one["type"]), str(one["subject"])) for one in events if "drift" in str(one["type"])]
