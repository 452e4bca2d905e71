"""The run executor: carries one run out, step by step, and survives whatever dies.

A step may begin once the success of everything it requires, and its own mark, are committed. What happens meanwhile is
gathered and written in one transaction at a time, so that the number of commits follows the depth of the plan and not
its size.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import structlog

from app.domain.run_ledger import RunLedger, RunLost
from app.domain.run_records import Claim, Report, RunEnd, RunStep, StepEnd, StepNote, StepStart, StepWait
from app.domain.runs import OnFailure, RunState
from app.domain.waiting import WaitKind, line
from app.domain.workloads import Workload
from app.graph_failures import GraphUnavailable, OutcomeUnknown, OverLimit, StatementFailed
from workers.deadlines import cancelled
from workers.lease import Lease
from workers.progress import RunProgress, Turn
from workers.providers.contract import StaleFence
from workers.retry import Backoff
from workers.steps import StepEvent, StepParts, StepRunner

T = TypeVar("T")
RELEASE_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
STOPPED, CANCELLED = "the run stopped before it began", "the run was cancelled"

log: structlog.stdlib.BoundLogger = structlog.get_logger("executor")


class Outcome(StrEnum):
    """What became of an attempt to carry a run out."""

    NOT_TAKEN = "not-taken"
    FINISHED = "finished"
    PARKED = "parked"
    """All that is left of it waits for a person; it is taken up again once somebody lets it go on."""
    LOST = "lost"


class RunExecutor:
    """Carries runs out, several at the same time; one instance a worker."""

    def __init__(self, ledger: RunLedger, parts: StepParts) -> None:
        self._ledger = ledger
        self._parts = parts
        self._at_work: dict[tuple[str, str], _Execution] = {}

    async def execute(self, tenant: str, run_id: str) -> Outcome:
        """Claim a run and carry it out to its end.

        Cancelled, it stops its steps where they are and gives the run back, so that another worker goes on. Raises
        GraphUnavailable where the graph cannot be reached before the run is claimed.
        """
        execution = await self._claimed(tenant, run_id)
        if execution is None:
            return Outcome.NOT_TAKEN
        claim = execution.claim
        bound = log.bind(tenant=tenant, run=run_id, fence=claim.fence)
        bound.info("run.claimed", attempt=claim.attempts, total=claim.total)
        self._at_work[tenant, run_id] = execution
        outcome = Outcome.FINISHED
        try:
            if execution.hopeless:
                await execution.give_up(f"given up: it was taken up {claim.attempts} times and never came to its end")
            else:
                outcome = await execution.run()
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
        finally:
            self._at_work.pop((tenant, run_id), None)
        bound.info(f"run.{outcome}")
        return outcome

    def nudge(self, tenant: str, run_id: str) -> None:
        """Look at once at what is to become of a run, where it is at work here."""
        execution = self._at_work.get((tenant, run_id))
        if execution is not None:
            execution.look()

    async def _claimed(self, tenant: str, run_id: str) -> _Execution | None:
        """The run once it is claimed, with the marks of what may begin first in the same transaction."""
        made: list[_Execution] = []

        def first(claim: Claim, steps: tuple[RunStep, ...]) -> Report | None:
            made[:] = [_Execution(self._ledger, self._parts, claim)]
            return None if made[0].hopeless else made[0].first(steps)

        began = self._parts.clock.monotonic()
        try:
            if await self._ledger.claim(tenant, run_id, first=first) is None:
                return None
        except OverLimit as error:
            log.warning("run.not_begun", tenant=tenant, run=run_id, error=repr(error))
        except (GraphUnavailable, OutcomeUnknown):
            raise
        except Exception:
            log.exception("run.not_begun", tenant=tenant, run=run_id)
        else:
            made[0].begun(began)
            return made[0]
        # It is the steps that cannot be read or marked. Claimed without them, the run can be given up.
        claim = await self._ledger.claim(tenant, run_id)
        return None if claim is None else _Execution(self._ledger, self._parts, claim)

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
        self.claim = self._claim = claim
        self._lease = Lease(ledger, claim, parts.clock, seconds=parts.settings.lease, heard=self._hear)
        self._backoff = Backoff(parts.chance, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        self._events: list[StepEvent] = []
        self._wake = asyncio.Event()
        self._fault: BaseException | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._runners: dict[asyncio.Task[None], StepRunner] = {}
        self._progress: RunProgress | None = None
        self._stopping: str | None = None
        self._stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # What was said to become of the run, and what is done about it so far.
        self._asked = self._obeyed = claim.state
        self._first: tuple[RunProgress, Turn] | None = None

    @property
    def hopeless(self) -> bool:
        """Whether the run was taken up so often that it is only given up."""
        return self._claim.attempts > self._parts.settings.claims

    def first(self, steps: tuple[RunStep, ...]) -> Report:
        """What is written before anything begins: what may begin, and what became of the rest."""
        self._first = self._start(steps)
        return self._report(*self._first, [])

    def begun(self, began: float) -> None:
        """The first report was written together with the claim, which was begun at `began` of the monotonic clock."""
        self._lease.renewed(began)

    async def run(self) -> Outcome:
        """Carry out every step that may begin; raises RunLost or StaleFence where another worker holds the run."""
        renewing = asyncio.create_task(self._lease.keep(), name=f"lease {self._claim.run_id}")
        renewing.add_done_callback(self._task_ended)
        try:
            begun = self._first
            if begun is None:
                begun = self._start(await self._steps())
                await self._write(self._report(*begun, []))
            return await self._work(*begun)
        finally:
            await cancelled(renewing, *self._tasks)

    def look(self) -> None:
        """Ask the graph at once what is to become of the run."""
        task = asyncio.create_task(self._look(), name=f"look {self._claim.run_id}")
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    async def _look(self) -> None:
        await self._lease.renew()

    async def _work(self, progress: RunProgress, turn: Turn) -> Outcome:
        while not progress.over:
            events: list[StepEvent] = []
            if self._asked is not self._obeyed:
                turn = self._told(progress, turn.ready)
            else:
                for step in turn.ready:
                    self._begin(step)
                if progress.idle and await self._park(progress):
                    return Outcome.PARKED
                events = await self._gathered()
                now = self._parts.clock.now()
                turn = progress.ended([event for event in events if isinstance(event, StepEnd)], now)
                self._obey(progress, turn)
            await self._write(self._report(progress, turn, events))
        return Outcome.FINISHED

    async def _steps(self) -> tuple[RunStep, ...]:
        return await self._patiently(lambda: self._ledger.steps(self._claim))

    def _start(self, steps: tuple[RunStep, ...]) -> tuple[RunProgress, Turn]:
        progress = self._following(steps)
        turn = progress.begin(self._parts.clock.now())
        if progress.culprit is not None:
            self._stopping = STOPPED
        if self._claim.state is RunState.CANCELLING:
            self._cancel(progress, turn)
        return progress, turn

    def _following(self, steps: tuple[RunStep, ...]) -> RunProgress:
        self._progress = RunProgress(
            steps,
            self._claim.on_failure,
            confirm_after=self._claim.confirm_after,
            # A run that is being cancelled begins nothing either; what is held is skipped at once.
            paused=self._claim.state is not RunState.RUNNING,
        )
        return self._progress

    async def give_up(self, reason: str) -> None:
        """End the run as an error of the machinery. Raises RunLost where it is not ours any more."""
        end = RunEnd(RunState.ERROR, reason)
        try:
            progress = self._progress or self._following(await self._steps())
            ends = progress.given_up(reason, self._parts.clock.now())
            await self._write(Report(ends=tuple(ends), end=end))
        except StatementFailed:
            # It is the steps that cannot be read or written: without its end the run would be taken up again and again.
            log.exception("run.steps_not_written", run=self._claim.run_id)
            await self._write(Report(end=end))

    def _hear(self, state: RunState) -> None:
        if state is not self._asked:
            self._asked = state
            self._wake.set()

    def _told(self, progress: RunProgress, ready: list[RunStep]) -> Turn:
        """What follows where the answer to a write asks for something else before its steps have begun."""
        going_on = self._asked is RunState.RUNNING
        turn = Turn(ready=[step for step in ready if going_on or step.mark is not None])
        self._obey(progress, turn, [] if going_on else [step for step in ready if step.mark is None])
        return turn

    def _obey(self, progress: RunProgress, turn: Turn, not_begun: Sequence[RunStep] = ()) -> None:
        """Do what somebody has asked for the run meanwhile."""
        if self._asked is self._obeyed:
            return
        self._obeyed = self._asked
        log.info("run.told", run=self._claim.run_id, state=self._asked)
        if self._asked is RunState.CANCELLING:
            self._cancel(progress, turn, not_begun)
        elif self._asked is RunState.PAUSED:
            progress.pause([*not_begun, *self._withdrawn()], turn)
        else:
            progress.go_on(turn)

    def _cancel(self, progress: RunProgress, turn: Turn, not_begun: Sequence[RunStep] = ()) -> None:
        self._stopping = CANCELLED
        progress.cancel(CANCELLED, [*not_begun, *self._withdrawn()], turn, self._parts.clock.now())
        if not self._stop.done():
            self._stop.set_result(None)

    def _withdrawn(self) -> list[RunStep]:
        """Take back the steps that were let begin and have not."""
        ended = {event.step.key for event in self._events if isinstance(event, StepEnd)}
        waiting = {task: runner.step for task, runner in self._runners.items() if not runner.begun}
        for task in waiting:
            self._runners.pop(task)
            task.cancel()
        return [step for step in waiting.values() if step.key not in ended]

    async def _park(self, progress: RunProgress) -> bool:
        held_for = progress.held_for
        waiting_for = [] if held_for is None else [held_for]
        if await self._patiently(lambda: self._ledger.park(self._claim, waiting_for=waiting_for)):
            return True
        # It was told to go on, or to be cancelled: what exactly, the graph says.
        await self._lease.renew()
        return False

    def _report(self, progress: RunProgress, turn: Turn, events: list[StepEvent]) -> Report:
        ends = (*(event for event in events if isinstance(event, StepEnd)), *turn.skipped)
        waits = [event for event in events if isinstance(event, StepWait)]
        return Report(
            pending=tuple(turn.ready),
            withdrawn=tuple(turn.withdrawn),
            starts=tuple(event for event in events if isinstance(event, StepStart)),
            notes=tuple(event for event in events if isinstance(event, StepNote)),
            ends=ends,
            waiting=(*turn.waiting, *waits, *self._beyond_limit(turn.ready)),
            end=progress.result() if progress.over else None,
        )

    def _beyond_limit(self, ready: list[RunStep]) -> list[StepWait]:
        """The steps that have to wait until others on the same target have ended."""
        claim, free, waits = self._claim, dict[str, int](), []
        for step in ready:
            left = free.get(step.provider)
            if left is None:
                left = self._parts.targets.slots(claim.tenant, claim.environment_id, step.provider).free
            free[step.provider] = left - 1
            if left <= 0:
                reason = line(WaitKind.LIMIT, f"{step.provider} in {claim.environment_id}")
                waits.append(StepWait(step, (reason,)))
        return waits

    async def _write(self, report: Report) -> None:
        operation_id = self._ledger.operation_id()
        began = self._parts.clock.monotonic()
        state = await self._patiently(lambda: self._ledger.report(self._claim, report, operation_id=operation_id))
        self._lease.renewed(began)
        self._hear(state)

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
            self._parts,
            self._claim,
            self._lease,
            step,
            stopping=lambda: self._stopping,
            stop=self._stop,
            tell=self._tell,
            inputs=self._inputs,
        )
        task = asyncio.create_task(runner.run(), name=f"step {step.key}")
        self._runners[task] = runner
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    async def _inputs(self, workload: Workload) -> Mapping[str, str]:
        return await self._patiently(lambda: self._ledger.inputs(self._claim, workload))

    def _tell(self, event: StepEvent) -> None:
        self._events.append(event)
        if isinstance(event, StepEnd) and event.state.bad and self._claim.on_failure is not OnFailure.CONTINUE:
            # At once, and not only when it is written: nothing else may begin in between.
            self._stopping = self._stopping or STOPPED
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
        self._runners.pop(task, None)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._fail(fault)
