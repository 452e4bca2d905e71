"""Workers in this process that die, stall and lose answers at chosen points, and a history of all that happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from app.domain.run_ledger import First, RunLedger
from app.domain.run_records import Claim, Mark, Report, RunStep, StepState
from app.domain.runs import RunState
from app.graph_failures import GraphUnavailable, OutcomeUnknown
from app.transactions import Transaction
from tests.faults.history import Entry, What
from tests.faults.scenes import CommitFault, Fault
from tests.faults.stories import Story
from tests.platform import Platform


class Journal:
    """What happened, in order; an entry may be filed under a stamp that was taken before it was known to be true."""

    def __init__(self) -> None:
        self.stories: list[Story] = []
        self.reports = 0
        self._entries: list[tuple[int, Entry]] = []
        self._stamps = 0

    def stamp(self) -> int:
        """A place in the order."""
        self._stamps += 1
        return self._stamps

    def add(self, entry: Entry, *, stamp: int | None = None) -> None:
        """File an entry."""
        self._entries.append((self.stamp() if stamp is None else stamp, entry))

    @property
    def history(self) -> list[Entry]:
        """All entries, oldest first."""
        return [entry for _, entry in sorted(self._entries, key=lambda pair: pair[0])]


class Door:
    """All that a worker does passes here, point by point, until it is killed or stalled."""

    def __init__(self, fault: Fault | None, passing: Callable[[], None]) -> None:
        """`passing` is called at every point."""
        self.fault = fault
        self._passing = passing
        self.task: asyncio.Task[object] | None = None
        self.killed = False
        self.stalled = asyncio.Event()
        self.thawed = asyncio.Event()
        self.passed: dict[int, asyncio.Event] = {}
        self._points = 0

    @property
    def still(self) -> bool:
        """Whether nothing moves behind it."""
        return self.killed or (self.stalled.is_set() and not self.thawed.is_set())

    async def point(self) -> None:
        """Pass, unless this is where it ends."""
        self._points += 1
        self._passing()
        if self._points in self.passed:
            self.passed[self._points].set()
        if self.fault is not None and self._points == self.fault.at and self.task is not None:
            if self.fault.kills:
                self.killed = True
                self.task.cancel()
            else:
                self.stalled.set()
        if self.killed:
            await asyncio.Event().wait()
        if self.stalled.is_set():
            await self.thawed.wait()


class WatchedLedger(RunLedger):
    """The real ledger behind a door; answers get lost as the scene says, and the journal notes what it did."""

    def __init__(
        self, platform: Platform, door: Door, journal: Journal, commits: Mapping[int, CommitFault], *, owner: str
    ) -> None:
        super().__init__(platform.graph, platform.ids, platform.doorbell, owner=owner, lease=15.0)
        self.in_flight = 0
        self.fence = 0
        self._door = door
        self._journal = journal
        self._commits = commits
        self._locked_at: int | None = None
        self._story: Story | None = None
        self._written: set[str] = set()

    async def claim(self, tenant: str, run_id: str, *, first: First | None = None) -> Claim | None:
        """Take a run."""
        begun: list[tuple[int, tuple[RunStep, ...], Report | None]] = []

        def noted(claim: Claim, steps: tuple[RunStep, ...]) -> Report | None:
            # The run is locked until the commit: this is where the claim stands in the order of all.
            report = None if first is None else first(claim, steps)
            begun[:] = [(self._journal.stamp(), steps, report)]
            return report

        await self._door.point()
        self._locked_at = None
        self.in_flight += 1
        try:
            claim = await super().claim(tenant, run_id, first=first and noted)
        finally:
            self.in_flight -= 1
        if claim is not None:
            self.fence = claim.fence
            stamp = begun[0][0] if begun else None
            self._journal.add(Entry(What.CLAIMED, claim.run_id, fence=claim.fence), stamp=stamp)
            for _, steps, report in begun:
                self._see(claim, steps, stamp=stamp)
                if report is not None:
                    self._note(claim, report)
        await self._door.point()
        return claim

    async def steps(self, claim: Claim) -> tuple[RunStep, ...]:
        """All steps."""
        await self._door.point()
        self.in_flight += 1
        try:
            steps = await super().steps(claim)
        finally:
            self.in_flight -= 1
        self._see(claim, steps)
        return steps

    def _see(self, claim: Claim, steps: tuple[RunStep, ...], *, stamp: int | None = None) -> None:
        states = {step.key: step.state.value for step in steps}
        marked = frozenset(step.key for step in steps if step.mark is Mark.PENDING)
        self._journal.add(Entry(What.SEEN, claim.run_id, fence=claim.fence, states=states, let=marked), stamp=stamp)
        self._story = Story.of(claim, steps)
        self._journal.stories.append(self._story)

    async def renew(self, claim: Claim) -> RunState | None:
        """Hold the run."""
        await self._door.point()
        self.in_flight += 1
        try:
            return await super().renew(claim)
        finally:
            self.in_flight -= 1

    async def park(self, claim: Claim, *, waiting_for: Sequence[str]) -> bool:
        """Let go of the run."""
        await self._door.point()
        self.in_flight += 1
        try:
            return await super().park(claim, waiting_for=waiting_for)
        finally:
            self.in_flight -= 1

    async def release(self, claim: Claim) -> None:
        """Give the run back: who is killed cannot."""
        if self._door.killed:
            raise GraphUnavailable("killed")
        await super().release(claim)

    async def report(self, claim: Claim, report: Report, *, operation_id: str) -> RunState:
        """Write a report."""
        await self._door.point()
        number, self._journal.reports = self._journal.reports, self._journal.reports + 1
        fault = self._commits.get(number)
        if fault is CommitFault.INSTEAD:
            raise GraphUnavailable("cut off before the commit")
        self._locked_at = None
        self.in_flight += 1
        try:
            state = await super().report(claim, report, operation_id=operation_id)
        finally:
            self.in_flight -= 1
        if operation_id not in self._written:
            self._written.add(operation_id)
            self._note(claim, report)
        if fault is CommitFault.AFTER:
            raise OutcomeUnknown("cut off after the commit")
        await self._door.point()
        return state

    async def _write(self, transaction: Transaction, claim: Claim, report: Report) -> RunState:
        state = await super()._write(transaction, claim, report)
        # The run is locked until the commit: this is where the write stands in the order of all.
        self._locked_at = self._journal.stamp()
        return state

    def _note(self, claim: Claim, report: Report) -> None:
        if self._locked_at is None:
            return
        states = {start.step.key: StepState.RUNNING.value for start in report.starts}
        states |= {end.step.key: end.state.value for end in report.ends}
        state = None if report.end is None else report.end.state.value
        entry = Entry(
            What.COMMITTED,
            claim.run_id,
            fence=claim.fence,
            states=states,
            state=state,
            let=frozenset(step.key for step in report.pending),
            withdrawn=frozenset(step.key for step in report.withdrawn),
        )
        self._journal.add(entry, stamp=self._locked_at)
        if self._story is not None:
            self._story.note(report)
