"""One step: its effect through a provider, within its deadline, tried again while the target is unavailable."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from app.domain.planning import StepAction
from app.domain.run_records import Claim, Mark, RunStep, StepEnd, StepNote, StepStart, StepState
from app.ports import Clock
from workers.deadlines import DeadlinePassed, within
from workers.lease import Lease
from workers.providers.contract import (
    Health,
    Progress,
    Provider,
    ProviderFailure,
    ProviderUnavailable,
    StaleFence,
    StepContext,
)
from workers.providers.registry import ProviderRegistry, ProviderUnknown
from workers.retry import Backoff
from workers.settings import WorkerSettings
from workers.targets import Targets

LONGEST_MESSAGE = 2000
ALREADY = "it was applied before"

StepEvent = StepStart | StepNote | StepEnd
log: structlog.stdlib.BoundLogger = structlog.get_logger("steps")


@dataclass(frozen=True, slots=True)
class StepParts:
    """What carrying out a step needs; `chance` spreads retries."""

    providers: ProviderRegistry
    clock: Clock
    chance: random.Random
    settings: WorkerSettings
    targets: Targets


@dataclass(frozen=True, slots=True)
class _Done:
    message: str = ""
    outputs: Mapping[str, str] | None = None


class StepRunner:
    """Carries out one step of a claimed run; `tell` takes what happens, `stopping` says that nothing new may begin.

    A step that an earlier worker had begun is looked at first: what is there as desired, and healthy, is not applied
    again; where nobody can look, the end is `unknown`.
    """

    def __init__(
        self,
        parts: StepParts,
        claim: Claim,
        lease: Lease,
        step: RunStep,
        *,
        stopping: Callable[[], bool],
        tell: Callable[[StepEvent], None],
    ) -> None:
        self._parts = parts
        self._clock = parts.clock
        self._claim = claim
        self._lease = lease
        self._step = step
        self._stopping = stopping
        self._tell = tell
        self._attempt = step.attempt
        self._started_at: datetime | None = None
        self._look_first = step.mark is Mark.PENDING
        self._noted = float("-inf")

    async def run(self) -> None:
        """Carry the step out and tell its end, whatever happens.

        Only two things are not an end: cancellation, and StaleFence, which says that another worker holds the run.
        """
        try:
            await self._try_until_done()
        except StaleFence:
            raise
        except ProviderUnknown as error:
            self._end(StepState.ERROR, str(error))
        except Exception as error:
            # A mistake of ours or of the provider: its text may hold anything, so only the log gets it.
            log.exception("step.broken", step=self._step.key, run=self._claim.run_id)
            self._end(StepState.ERROR, f"internal error: {type(error).__name__}")

    async def _try_until_done(self) -> None:
        settings, claim = self._parts.settings, self._claim
        backoff = Backoff(self._parts.chance, first=settings.backoff, longest=settings.longest_backoff)
        slots = self._parts.targets.slots(claim.tenant, claim.environment_id, self._step.provider)
        began, failures = self._clock.monotonic(), 0
        while True:
            async with slots:
                if self._started_at is None and not self._look_first and self._stopping():
                    self._end(StepState.SKIPPED, "the run stopped before it began")
                    return
                await self._lease.ensure()
                unavailable = await self._try_once()
            if unavailable is None:
                return
            failures += 1
            pause = backoff.seconds(failures - 1)
            if failures >= settings.attempts or self._clock.monotonic() - began + pause > settings.retry_seconds:
                # As long as nobody could look, it is not known whether the earlier worker's effect took place.
                state = StepState.UNKNOWN if self._look_first else StepState.ERROR
                self._end(state, f"unavailable after {failures} attempts: {unavailable}")
                return
            self._note(StepNote(self._step, f"{unavailable}; attempt {failures + 1} in {pause:.1f} s"))
            await self._clock.sleep(pause)

    async def _try_once(self) -> ProviderUnavailable | None:
        """One attempt, and its end unless the target was unavailable; then that is returned."""
        self._attempt += 1
        if self._started_at is None:
            self._started_at = self._clock.now()
            self._tell(StepStart(self._step, self._started_at, self._attempt))
        log.debug("step.attempt", step=self._step.key, run=self._claim.run_id, attempt=self._attempt)
        deadline = self._deadline()
        try:
            done = await within(self._clock, deadline + self._parts.settings.deadline_margin, self._effect())
        except ProviderUnavailable as unavailable:
            return unavailable
        except ProviderFailure as failure:
            self._end(self._failed, str(failure))
        except DeadlinePassed:
            self._end(self._failed, f"not done within its deadline of {deadline:g} s")
        else:
            self._end(StepState.SUCCEEDED, done.message, done.outputs)
        return None

    @property
    def _failed(self) -> StepState:
        return StepState.UNKNOWN if self._look_first else StepState.FAILED

    def _deadline(self) -> float:
        workload = self._step.workload
        return self._parts.settings.delete_deadline if workload is None else float(workload.deadline_seconds)

    async def _effect(self) -> _Done:
        step, provider = self._step, self._parts.providers.get(self._step.provider)
        if self._look_first:
            there = await self._is_done(provider)
            # From here on it is known what was there, and a failure to apply is no longer undecided.
            self._look_first = False
            if there:
                await self._leave_previous()
                return _Done(ALREADY)
        log.debug("step.effect", step=step.key, run=self._claim.run_id, fence=self._claim.fence, action=step.action)
        if step.action is StepAction.DELETE:
            await provider.delete(step.target, self._context())
            return _Done()
        if step.workload is None or self._claim.namespace is None:
            raise ProviderFailure("the version or the environment was deleted after it was planned")
        outputs = await provider.apply(step.workload, self._context())
        await self._leave_previous()
        return _Done(outputs=outputs)

    async def _is_done(self, provider: Provider) -> bool:
        observed = await provider.observe(self._step.target)
        if observed.fence is not None and observed.fence > self._claim.fence:
            raise StaleFence(f"{self._step.key} carries the fence of a later claim")
        workload = self._step.workload
        if self._step.action is StepAction.DELETE:
            return not observed.exists
        if workload is None or not observed.exists or provider.diff(workload, observed):
            return False
        return await provider.health(self._step.target) is Health.HEALTHY

    async def _leave_previous(self) -> None:
        if self._step.action is StepAction.REPLACE and self._step.previous_provider is not None:
            await self._parts.providers.get(self._step.previous_provider).delete(self._step.target, self._context())

    def _context(self) -> StepContext:
        return StepContext(self._claim.run_id, self._step.key, self._claim.fence, self._attempt, self._report)

    async def _report(self, progress: Progress) -> None:
        self._note(StepNote(self._step, progress.message, progress.done, progress.total))

    def _note(self, note: StepNote) -> None:
        now = self._clock.monotonic()
        if now - self._noted >= self._parts.settings.progress_interval:
            self._noted = now
            self._tell(note)

    def _end(self, state: StepState, message: str, outputs: Mapping[str, str] | None = None) -> None:
        self._tell(
            StepEnd(
                step=self._step,
                state=state,
                message=message[:LONGEST_MESSAGE],
                at=self._clock.now(),
                attempt=self._attempt,
                started_at=self._started_at,
                outputs=tuple(f"{name}={value}" for name, value in sorted((outputs or {}).items())),
            )
        )
