"""The run executor: carries one run out, step by step, and survives whatever dies.

A step may begin once the success of everything it requires, and its own mark, are committed. What happens meanwhile is
gathered and written in one transaction at a time, so that the number of commits follows the depth of the plan and not
its size.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TypeVar

import structlog

from app.domain.run_ledger import RunLedger, RunLost
from app.domain.run_records import Claim, Report, RunEnd, RunStep, StepEnd, StepNote, StepStart
from app.domain.runs import OnFailure, RunState
from app.graph import GraphUnavailable, OutcomeUnknown, StatementFailed
from workers.deadlines import cancelled
from workers.lease import Lease
from workers.progress import RunProgress, Turn
from workers.providers.contract import StaleFence
from workers.retry import Backoff
from workers.steps import StepEvent, StepParts, StepRunner

T = TypeVar("T")
RELEASE_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0

log: structlog.stdlib.BoundLogger = structlog.get_logger("executor")


class Outcome(StrEnum):
    """What became of an attempt to carry a run out."""

    NOT_TAKEN = "not-taken"
    FINISHED = "finished"
    LOST = "lost"


class RunExecutor:
    """Carries runs out, several at the same time; one instance a worker."""

    def __init__(self, ledger: RunLedger, parts: StepParts) -> None:
        self._ledger = ledger
        self._parts = parts

    async def execute(self, tenant: str, run_id: str) -> Outcome:
        """Claim a run and carry it out to its end.

        Cancelled, it stops its steps where they are and gives the run back, so that another worker goes on. Raises
        GraphUnavailable where the graph cannot be reached before the run is claimed.
        """
        claim = await self._ledger.claim(tenant, run_id)
        if claim is None:
            return Outcome.NOT_TAKEN
        bound = log.bind(tenant=tenant, run=run_id, fence=claim.fence)
        bound.info("run.claimed", attempt=claim.attempts, total=claim.total)
        execution = _Execution(self._ledger, self._parts, claim)
        try:
            if claim.attempts > self._parts.settings.claims:
                await execution.give_up(f"given up: it was taken up {claim.attempts} times and never came to its end")
            else:
                await execution.run()
        except (RunLost, StaleFence) as lost:
            bound.warning("run.lost", reason=type(lost).__name__)
            return Outcome.LOST
        except asyncio.CancelledError:
            await self._release(claim)
            raise
        except Exception as error:
            # A mistake of ours: a run that was only dropped here would be taken up again and again.
            bound.exception("run.broken")
            await execution.give_up(f"internal error: {type(error).__name__}")
        bound.info("run.finished")
        return Outcome.FINISHED

    async def _release(self, claim: Claim) -> None:
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._ledger.release(claim)
            log.info("run.released", tenant=claim.tenant, run=claim.run_id)
        except (GraphUnavailable, OutcomeUnknown, TimeoutError) as error:
            log.warning("run.not_released", tenant=claim.tenant, run=claim.run_id, error=repr(error))


class _Execution:
    """One claimed run on its way to its end."""

    def __init__(self, ledger: RunLedger, parts: StepParts, claim: Claim) -> None:
        self._ledger = ledger
        self._parts = parts
        self._claim = claim
        self._lease = Lease(ledger, claim, parts.clock, seconds=parts.settings.lease)
        self._backoff = Backoff(parts.chance, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        self._events: list[StepEvent] = []
        self._wake = asyncio.Event()
        self._fault: BaseException | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._progress: RunProgress | None = None
        self._stopping = False

    async def run(self) -> None:
        """Carry out every step that may begin; raises RunLost or StaleFence where another worker holds the run."""
        renewing = asyncio.create_task(self._lease.keep(), name=f"lease {self._claim.run_id}")
        renewing.add_done_callback(self._task_ended)
        try:
            self._progress = progress = await self._load()
            turn = progress.begin(self._parts.clock.now())
            self._stopping = progress.culprit is not None
            await self._work(progress, turn)
        finally:
            await cancelled(renewing, *self._tasks)

    async def _work(self, progress: RunProgress, turn: Turn) -> None:
        events: list[StepEvent] = []
        while True:
            report = self._report(progress, turn, events)
            await self._write(report)
            if progress.over:
                return
            for step in turn.ready:
                self._begin(step)
            events = await self._gathered()
            turn = progress.ended([event for event in events if isinstance(event, StepEnd)], self._parts.clock.now())

    async def _load(self) -> RunProgress:
        return RunProgress(await self._patiently(lambda: self._ledger.steps(self._claim)), self._claim.on_failure)

    async def give_up(self, reason: str) -> None:
        """End the run as an error of the machinery. Raises RunLost where it is not ours any more."""
        end = RunEnd(RunState.ERROR, reason)
        try:
            progress = self._progress or await self._load()
            ends = progress.given_up(reason, self._parts.clock.now())
            await self._write(Report(ends=tuple(ends), end=end))
        except StatementFailed:
            # It is the steps that cannot be read or written: without its end the run would be taken up again and again.
            log.exception("run.steps_not_written", run=self._claim.run_id)
            await self._write(Report(end=end))

    def _report(self, progress: RunProgress, turn: Turn, events: list[StepEvent]) -> Report:
        return Report(
            pending=tuple(turn.ready),
            starts=tuple(event for event in events if isinstance(event, StepStart)),
            notes=tuple(event for event in events if isinstance(event, StepNote)),
            ends=(*(event for event in events if isinstance(event, StepEnd)), *turn.skipped),
            waiting=tuple(turn.waiting),
            end=progress.result() if progress.over else None,
        )

    async def _write(self, report: Report) -> None:
        operation_id = self._ledger.operation_id()
        began = self._parts.clock.monotonic()
        await self._patiently(lambda: self._ledger.report(self._claim, report, operation_id=operation_id))
        self._lease.renewed(began)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Until the graph answers: the run is ours for as long as nobody else can ask it either."""
        failures = 0
        while True:
            try:
                return await attempt()
            except (GraphUnavailable, OutcomeUnknown) as error:
                log.warning("run.graph_unavailable", run=self._claim.run_id, error=repr(error), failures=failures)
            await self._parts.clock.sleep(self._backoff.seconds(failures))
            failures += 1

    def _begin(self, step: RunStep) -> None:
        runner = StepRunner(
            self._parts, self._claim, self._lease, step, stopping=lambda: self._stopping, tell=self._tell
        )
        task = asyncio.create_task(runner.run(), name=f"step {step.key}")
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    def _tell(self, event: StepEvent) -> None:
        self._events.append(event)
        if isinstance(event, StepEnd) and event.state.bad and self._claim.on_failure is OnFailure.STOP:
            # At once, and not only when it is written: nothing else may begin in between.
            self._stopping = True
        self._wake.set()

    async def _gathered(self) -> list[StepEvent]:
        await self._wake.wait()
        # Steps that end in the same instant go into the same transaction: wait while others are just ending.
        seen = -1
        while seen != len(self._events):
            seen = len(self._events)
            await asyncio.sleep(0)
        if self._fault is not None:
            raise self._fault
        self._wake.clear()
        events, self._events = self._events, []
        return events

    def _fail(self, fault: BaseException) -> None:
        self._fault = self._fault or fault
        self._wake.set()

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._fail(fault)
