"""One step: its effect through a provider, within its deadline, tried again while the target is unavailable."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from app.domain.plan_steps import StepAction
from app.domain.references import OutputMissing, resolved
from app.domain.run_records import Claim, Mark, RunStep, StepEnd, StepNote, StepStart, StepState, StepWait
from app.domain.waiting import WaitKind, line
from app.domain.workloads import Workload
from app.ports import Clock
from workers.deadlines import DeadlinePassed, Stopped, slept, within
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
SETTLE_SECONDS = 5.0
"""How long a target may take to say what became of a step that was stopped."""
ALREADY = "it was applied before"

StepEvent = StepStart | StepNote | StepWait | StepEnd
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
    """Carries out one step of a claimed run; `tell` takes what happens, `stopping` says why nothing new may begin.

    Once `stop` is done, the step is cancelled where it is, and its end is what the target then says.

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
        stopping: Callable[[], str | None],
        stop: asyncio.Future[None],
        tell: Callable[[StepEvent], None],
        inputs: Callable[[Workload], Awaitable[Mapping[str, str]]],
    ) -> None:
        self._parts = parts
        self._clock = parts.clock
        self._claim = claim
        self._lease = lease
        self._step = step
        self._stopping = stopping
        self._stop = stop
        self._tell = tell
        self._inputs = inputs
        self._breaker = parts.targets.breaker(claim.tenant, claim.environment_id, step.provider)
        self._attempt = step.attempt
        self._started_at: datetime | None = None
        self._look_first = self._inherited = step.mark is Mark.PENDING
        self._noted = float("-inf")

    @property
    def step(self) -> RunStep:
        """The step."""
        return self._step

    @property
    def begun(self) -> bool:
        """Whether its effect may have begun."""
        return self._started_at is not None or self._look_first

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
        place = (claim.tenant, claim.environment_id, self._step.provider)
        slots = self._parts.targets.slots(*place)
        began, failures = self._clock.monotonic(), 0
        while True:
            if not await self._admitted(began + settings.retry_seconds):
                return
            try:
                async with slots:
                    reason = self._stopping()
                    if reason is not None and not self.begun:
                        self._breaker.left()
                        self._end(StepState.SKIPPED, reason)
                        return
                    await self._lease.ensure()
                    unavailable = await self._try_once()
            except asyncio.CancelledError:
                self._breaker.left()
                raise
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
            if not await self._paused(pause):
                return

    async def _paused(self, seconds: float) -> bool:
        """Wait; False where the step was stopped meanwhile, and has its end."""
        if await slept(self._clock, seconds, stop=self._stop):
            return True
        if self.begun:
            await self._settle(listened=True)
        else:
            self._end(StepState.SKIPPED, self._stopping() or "")
        return False

    async def _admitted(self, until: float) -> bool:
        """Wait until the target's breaker lets the step begin; False where it has its end instead."""
        told = False
        while (seconds := self._breaker.admit()) > 0:
            if self._clock.monotonic() + seconds > until:
                state = StepState.UNKNOWN if self._look_first else StepState.ERROR
                self._end(state, f"{self._target} did not answer, and nothing was begun there any more")
                return False
            if not told and not self.begun:
                told = True
                self._tell(StepWait(self._step, (line(WaitKind.BREAKER, self._target),)))
            if not await self._paused(seconds):
                return False
        return True

    @property
    def _target(self) -> str:
        return f"{self._step.provider} in {self._claim.environment_id}"

    async def _try_once(self) -> ProviderUnavailable | None:
        """One attempt, and its end unless the target was unavailable; then that is returned."""
        self._attempt += 1
        if self._started_at is None:
            self._started_at = self._clock.now()
            self._tell(StepStart(self._step, self._started_at, self._attempt))
        log.debug("step.attempt", step=self._step.key, run=self._claim.run_id, attempt=self._attempt)
        deadline = self._deadline()
        try:
            allowed = deadline + self._parts.settings.deadline_margin
            done = await within(self._clock, allowed, self._effect(), stop=self._stop)
        except ProviderUnavailable as unavailable:
            self._breaker.unavailable()
            return unavailable
        except ProviderFailure as failure:
            self._breaker.answered()
            self._end(self._failed, str(failure))
        except Stopped as stopped:
            self._breaker.left()
            await self._settle(listened=stopped.listened)
        except DeadlinePassed:
            self._breaker.left()
            self._end(self._failed, f"not done within its deadline of {deadline:g} s")
        except BaseException:
            self._breaker.left()
            raise
        else:
            self._breaker.answered()
            self._end(StepState.SUCCEEDED, done.message, done.outputs)
        return None

    async def _settle(self, *, listened: bool) -> None:
        """End a step that was asked to stop, as the target says it is: done, not begun, or unknown."""
        cancelled = "the run was cancelled"
        try:
            state, message = await within(self._clock, SETTLE_SECONDS, self._settled(listened=listened))
        except (ProviderUnavailable, ProviderFailure, DeadlinePassed):
            state, message = StepState.UNKNOWN, "while it was under way, and the target does not answer"
        self._end(state, f"{cancelled} {message}")

    async def _settled(self, *, listened: bool) -> tuple[StepState, str]:
        provider, action = self._parts.providers.get(self._step.provider), self._step.action
        if await self._is_done(provider):
            return StepState.SUCCEEDED, "after it was done"
        observed = await provider.observe(self._step.target)
        untouched = not observed.exists if action is StepAction.CREATE else observed.version_id == self._previous
        # What an earlier worker has sent may yet arrive, if it is only silent and not dead.
        surely = listened and not self._inherited
        if surely and untouched and action in (StepAction.CREATE, StepAction.UPDATE):
            return StepState.SKIPPED, "before it took effect"
        return StepState.UNKNOWN, "while it was under way: look at what is there"

    @property
    def _previous(self) -> str | None:
        before = dict(line.partition("=")[::2] for line in self._step.before)
        return before.get("version")

    @property
    def _failed(self) -> StepState:
        return StepState.UNKNOWN if self._look_first else StepState.FAILED

    def _deadline(self) -> float:
        workload = self._step.workload
        own = self._parts.settings.delete_deadline if workload is None else float(workload.deadline_seconds)
        return min(own, self._parts.settings.longest_step)

    async def _fill_in(self) -> None:
        """Put the outputs that the workload refers to in their places. Raises ProviderFailure where one is missing."""
        workload = self._step.workload
        if workload is None:
            return
        try:
            found = await self._inputs(workload)
        except OutputMissing as missing:
            raise ProviderFailure(str(missing)) from missing
        filled = resolved(workload, found)
        if found or filled is not workload:
            given = tuple(f"{name}={value}" for name, value in sorted(found.items()))
            self._step = replace(self._step, workload=filled, inputs=given or self._step.inputs)

    async def _effect(self) -> _Done:
        await self._fill_in()
        step, provider = self._step, self._parts.providers.get(self._step.provider)
        if self._look_first:
            there = await self._is_done(provider)
            # From here on it is known what was there, and a failure to apply is no longer undecided.
            self._look_first = False
            if there:
                await self._leave_previous()
                return _Done(ALREADY)
            if self._stop.done():
                raise Stopped(listened=True)
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
