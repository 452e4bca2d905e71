"""The drift loop: asks targets what runs there, compares it with what is recorded, heals it. Every worker has one.

The graph lets one of the workers have each environment that is due. A target that does not answer says nothing about
drift: it is counted, and asked again at the next time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from app.domain.drift import Finding, finding
from app.domain.healing import Healing
from app.domain.observing import PAGE, Due, Observations, Standing, Tally
from app.domain.workloads import Workload
from app.ports import Clock
from workers.deadlines import DeadlinePassed, cancelled, within
from workers.providers.contract import Observed, Provider, ProviderFailure, ProviderUnavailable
from workers.providers.registry import ProviderRegistry, ProviderUnknown
from workers.targets import Targets

INTERVAL: Final = 5.0
AT_ONCE: Final = 4
"""Deployments of an environment that are asked for at a time: steps of runs want the same target."""
LONGEST: Final = 30.0
"""Seconds that one deployment may take."""

log: structlog.stdlib.BoundLogger = structlog.get_logger("drift")


class Outcome(StrEnum):
    """What came of looking at one deployment."""

    IN_SYNC = "in-sync"
    DRIFTED = "drifted"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Look:
    outcome: Outcome
    found: Finding | None = None
    reason: str = ""


def _uncounted(_: Outcome) -> None:
    return None


class DriftLoop:
    """Looks every `interval` seconds for environments that are due, and at once when it is nudged.

    `counted` is told of each deployment that was looked at.
    """

    def __init__(
        self,
        observations: Observations,
        providers: ProviderRegistry,
        targets: Targets,
        clock: Clock,
        *,
        tenants: Sequence[str],
        healing: Healing,
        interval: float = INTERVAL,
        counted: Callable[[Outcome], None] = _uncounted,
    ) -> None:
        self._observations = observations
        self._providers = providers
        self._targets = targets
        self._clock = clock
        self._tenants = tuple(tenants)
        self._healing = healing
        self._interval = interval
        self._counted = counted
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Look now."""
        self._nudged.set()

    async def run(self) -> None:
        """Look until cancelled; a failure is logged and tried again at the next look."""
        while True:
            self._nudged.clear()
            for tenant in self._tenants:
                try:
                    await self.look(tenant)
                except Exception as error:
                    log.warning("drift.failing", tenant=tenant, error=repr(error))
            await self._pause()

    async def look(self, tenant: str) -> int:
        """Observe every environment that is due now and whose provider this worker has; returns how many there were.

        One that fails is logged and taken again after a while. Raises GraphUnavailable, OutcomeUnknown.
        """
        total = 0
        while claimed := await self._observations.claim(tenant, self._providers.names):
            total += len(claimed)
            ends = await asyncio.gather(*(self._environment(due) for due in claimed), return_exceptions=True)
            for due, end in zip(claimed, ends, strict=True):
                if isinstance(end, Exception):
                    log.warning("drift.environment_failing", environment=due.environment_id, error=repr(end))
        return total

    async def _pause(self) -> None:
        waits = asyncio.create_task(self._clock.sleep(self._interval)), asyncio.create_task(self._waited())
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(*waits)

    async def _waited(self) -> None:
        await self._nudged.wait()

    async def _environment(self, due: Due) -> None:
        counts: Counter[Outcome] = Counter()
        reasons: set[str] = set()
        limit = asyncio.Semaphore(AT_ONCE)
        held: Due | None = due
        after = ""
        while held is not None:
            page = await self._observations.page(held, after=after)
            looks = await asyncio.gather(*(self._look(held, one, one.workload, limit) for one in page if one.workload))
            counts.update(look.outcome for look in looks)
            reasons.update(look.reason for look in looks if look.reason)
            held = await self._observations.record(held, [look.found for look in looks if look.found is not None])
            if held is None or len(page) < PAGE:
                break
            after = page[-1].key
        for reason in sorted(reasons)[:3]:
            log.warning("drift.unanswered", environment=due.environment_id, reason=reason)
        if held is not None:
            tally = Tally(
                counts[Outcome.IN_SYNC], counts[Outcome.DRIFTED], counts[Outcome.UNAVAILABLE], counts[Outcome.UNKNOWN]
            )
            await self._observations.settle(held, tally)
            if held.heal:
                await self._healing.heal(held)

    async def _look(self, due: Due, standing: Standing, workload: Workload, limit: asyncio.Semaphore) -> _Look:
        async with limit:
            try:
                look = await self._ask(due, standing, workload)
            except Exception as error:
                # A mistake of ours or of the provider: its text may hold anything, so only the log gets it.
                log.exception("drift.broken", deployment=standing.key)
                look = _Look(Outcome.UNKNOWN, reason=f"internal error: {type(error).__name__}")
        self._counted(look.outcome)
        return look

    async def _ask(self, due: Due, standing: Standing, workload: Workload) -> _Look:
        breaker = self._targets.breaker(due.tenant, due.environment_id, standing.provider)
        try:
            provider = self._providers.get(standing.provider)
        except ProviderUnknown as unknown:
            return _Look(Outcome.UNKNOWN, reason=str(unknown))
        if breaker.admit() > 0:
            return _Look(Outcome.UNAVAILABLE, reason=f"{standing.provider} did not answer before")
        try:
            async with self._targets.slots(due.tenant, due.environment_id, standing.provider):
                seen = await within(self._clock, LONGEST, provider.observe(workload.target))
        except ProviderUnavailable as unavailable:
            breaker.unavailable()
            return _Look(Outcome.UNAVAILABLE, reason=str(unavailable))
        except DeadlinePassed:
            breaker.left()
            return _Look(Outcome.UNAVAILABLE, reason=f"{standing.provider} did not answer within {LONGEST:g} s")
        except ProviderFailure as failure:
            breaker.answered()
            return _Look(Outcome.UNKNOWN, reason=str(failure))
        except BaseException:
            breaker.left()
            raise
        breaker.answered()
        return _judged(due, standing, workload, provider, seen)


def _judged(due: Due, standing: Standing, workload: Workload, provider: Provider, seen: Observed) -> _Look:
    if not seen.known or (seen.run_id is not None and seen.run_id != standing.run_id):
        return _Look(Outcome.UNKNOWN)
    found = finding(standing.key, standing.version, provider.diff(workload, seen), ignore=due.ignore)
    return _Look(Outcome.DRIFTED if found.fields else Outcome.IN_SYNC, found)
