"""A target that does what a scene says, and a note of all that it is asked and does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from app.domain import names
from app.domain.workloads import Target, Workload
from tests.clocks import HandClock
from tests.faults.history import Entry, What
from tests.faults.nemesis import Door, Journal, WatchedLedger
from tests.faults.scenes import Behaviour, Scene
from workers.providers.contract import (
    FieldChange,
    Health,
    Observed,
    ProviderFailure,
    ProviderUnavailable,
    StaleFence,
    StepContext,
)
from workers.providers.echo import EchoProvider

LATE_SECONDS, FOR_EVER = 7.0, 1e6


class WatchedTarget:
    """One worker's way to the target that all share, which does what the scene says; the journal notes it."""

    def __init__(
        self,
        shared: EchoProvider,
        scene: Scene,
        door: Door,
        journal: Journal,
        ledger: WatchedLedger,
        clock: HandClock,
        asked: dict[str, int],
        *,
        run: str,
    ) -> None:
        self._run = run
        self._shared = shared
        self._scene = scene
        self._door = door
        self._journal = journal
        self._ledger = ledger
        self._clock = clock
        self._asked = asked

    @property
    def name(self) -> str:
        """The target's name."""
        return self._shared.name

    @property
    def kinds(self) -> frozenset[str]:
        """The target's kinds."""
        return self._shared.kinds

    async def observe(self, target: Target) -> Observed:
        """Note that somebody looks, and pass on."""
        key = names.deployment_id(target.service_id, target.environment_id)
        self._journal.add(Entry(What.LOOKED, self._run, key, fence=self._ledger.fence))
        await self._door.point()
        return await self._shared.observe(target)

    def diff(self, desired: Workload, observed: Observed) -> tuple[FieldChange, ...]:
        """Pass on."""
        return self._shared.diff(desired, observed)

    async def apply(self, desired: Workload, step: StepContext) -> Mapping[str, str]:
        """Do what the scene says."""
        behaviour = self._scene.behaviours.get(desired.target.name, Behaviour.WORKS)
        return await self._carried_out(step, behaviour, lambda: self._shared.apply(desired, step))

    async def delete(self, target: Target, step: StepContext) -> None:
        """Do it: what the scene says is about applying."""

        async def deleted() -> Mapping[str, str]:
            await self._shared.delete(target, step)
            return {}

        await self._carried_out(step, Behaviour.WORKS, deleted)

    async def _carried_out(
        self, step: StepContext, behaviour: Behaviour, effect: Callable[[], Awaitable[Mapping[str, str]]]
    ) -> Mapping[str, str]:
        self._add(What.INVOKE, step)
        applied = False
        try:
            await self._door.point()
            asked = self._asked[step.step_key] = self._asked.get(step.step_key, 0) + 1
            await self._fail_before(behaviour, asked)
            outputs = await self._take_effect(effect, step)
            applied = True
            await self._fail_after(behaviour, asked)
            await self._door.point()
        except asyncio.CancelledError:
            if self._door.killed and not applied and self._door.fault is not None and self._door.fault.lands:
                await self._take_effect(effect, step)
            self._add(What.UNKNOWN, step)
            raise
        except (ProviderFailure, ProviderUnavailable, StaleFence):
            self._add(What.UNKNOWN if applied else What.FAIL, step)
            raise
        self._add(What.OK, step)
        return outputs

    async def health(self, target: Target) -> Health:
        """Pass on."""
        return await self._shared.health(target)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def _fail_before(self, behaviour: Behaviour, asked: int) -> None:
        if behaviour is Behaviour.REFUSES:
            raise ProviderFailure("refused as asked")
        if behaviour is Behaviour.ERRS_ALWAYS or (behaviour is Behaviour.ERRS_ONCE and asked == 1):
            raise ProviderUnavailable("unavailable as asked")
        if behaviour is Behaviour.HANGS:
            await self._clock.sleep(FOR_EVER)
        if behaviour is Behaviour.SLOW:
            await self._clock.sleep(LATE_SECONDS)

    async def _fail_after(self, behaviour: Behaviour, asked: int) -> None:
        if behaviour is Behaviour.LATE:
            await self._clock.sleep(LATE_SECONDS)
        if behaviour is Behaviour.TOO_LATE:
            await self._clock.sleep(FOR_EVER)
        if behaviour is Behaviour.LOSES_ANSWER and asked == 1:
            raise ProviderUnavailable("the answer was lost")

    async def _take_effect(
        self, effect: Callable[[], Awaitable[Mapping[str, str]]], step: StepContext
    ) -> Mapping[str, str]:
        outputs = await effect()
        self._add(What.APPLIED, step)
        return outputs

    def _add(self, what: What, step: StepContext) -> None:
        self._journal.add(Entry(what, step.run_id, step.step_key, fence=step.fence, attempt=step.attempt))
