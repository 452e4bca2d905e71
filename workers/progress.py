"""Where every step of a run is: what may begin, what is skipped and why, what the run's end is. Pure bookkeeping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.run_records import RunEnd, RunStep, StepEnd, StepState, StepWait
from app.domain.runs import OnFailure, RunState
from app.domain.waiting import WaitKind, line


@dataclass(slots=True)
class Turn:
    """What follows from what happened.

    Steps that may begin, steps that may not any more, ends of steps that never will, and why others wait.
    """

    ready: list[RunStep] = field(default_factory=list)
    withdrawn: list[RunStep] = field(default_factory=list)
    skipped: list[StepEnd] = field(default_factory=list)
    waiting: list[StepWait] = field(default_factory=list)


class RunProgress:
    """Follows the steps of one run; every call takes time in proportion to what it changes.

    What comes after the wave `confirm_after` is held back, and so is everything while the run is paused.
    """

    def __init__(
        self, steps: Iterable[RunStep], on_failure: OnFailure, *, confirm_after: int | None = None, paused: bool = False
    ) -> None:
        self._steps = {step.key: step for step in steps}
        self._state = {key: step.state for key, step in self._steps.items()}
        self._on_failure = on_failure
        self._confirm_after = confirm_after
        self._paused = paused
        self._users: dict[str, list[str]] = {key: [] for key in self._steps}
        self._open: dict[str, set[str]] = {}
        for key, step in self._steps.items():
            for on in step.requires:
                self._users[on].append(key)
            self._open[key] = {on for on in step.requires if self._state[on] is not StepState.SUCCEEDED}
        self._unended = sum(1 for state in self._state.values() if not state.final)
        self._culprit: RunStep | None = None
        self._cancelled: str | None = None
        self._held: dict[str, RunStep] = {}
        # What an earlier worker had marked may have begun: it is finished even in a run that stops.
        self._let_begin = {key for key, step in self._steps.items() if step.mark is not None}
        self._working = sum(1 for key in self._let_begin if not self._state[key].final)

    @property
    def over(self) -> bool:
        """Whether every step has ended."""
        return self._unended == 0

    @property
    def idle(self) -> bool:
        """Whether nothing is at work, and what could begin is held back for a person."""
        return not self._working and bool(self._held)

    @property
    def held_for(self) -> str | None:
        """Why, where the run is not paused: the line that says what someone has to confirm."""
        return None if self._paused or self._confirm_after is None else self._gate

    @property
    def culprit(self) -> RunStep | None:
        """The step whose failure stops the run; None while it goes on."""
        return self._culprit

    def begin(self, now: datetime) -> Turn:
        """What may begin at first, given what an earlier worker has left behind."""
        turn = Turn()
        for key, state in self._state.items():
            if state.bad:
                self._follow_failure(self._steps[key], turn, now)
        for key, step in self._steps.items():
            if not self._state[key].final and not self._open[key]:
                self._let(step, turn)
        return turn

    def ended(self, ends: Iterable[StepEnd], now: datetime) -> Turn:
        """Take note of ends and say what follows; steps skipped by it have ended, too."""
        turn = Turn()
        freed: dict[str, None] = {}
        for end in ends:
            self._end(end)
            if end.state is StepState.SUCCEEDED:
                for user in self._users[end.step.key]:
                    self._open[user].discard(end.step.key)
                    freed[user] = None
            elif end.state.bad:
                self._follow_failure(end.step, turn, now)
        for key in freed:
            if self._state[key] is not StepState.WAITING:
                continue
            if not self._open[key]:
                self._let(self._steps[key], turn)
            else:
                turn.waiting.append(StepWait(self._steps[key], tuple(sorted(self._open[key]))))
        return turn

    def pause(self, not_begun: Iterable[RunStep], turn: Turn) -> None:
        """Let nothing more begin, `not_begun` included: steps that were let and have not. Adds to the turn."""
        self._paused = True
        withdrawn = [step for step in not_begun if not self._state[step.key].final]
        turn.withdrawn += withdrawn
        for step in [*withdrawn, *(step for step in turn.ready if step.mark is None)]:
            self._take_back(step)
            self._hold(step, turn)
        turn.ready[:] = [step for step in turn.ready if step.mark is not None]

    def go_on(self, turn: Turn) -> None:
        """Let what was held back by a pause begin. Adds to the turn."""
        self._paused = False
        held, self._held = self._held, {}
        for step in held.values():
            self._let(step, turn)

    def cancel(self, reason: str, not_begun: Iterable[RunStep], turn: Turn, now: datetime) -> None:
        """Skip all that has not begun, `not_begun` included, for that reason. Adds to the turn."""
        self._cancelled = reason
        for step in [*not_begun, *turn.ready]:
            if step.mark is None and not self._state[step.key].final:
                self._take_back(step)
        turn.ready[:] = [step for step in turn.ready if step.mark is not None]
        self._held.clear()
        self._skip_waiting(reason, turn, now)

    def given_up(self, reason: str, now: datetime) -> list[StepEnd]:
        """The ends of all steps that have none, where the run cannot go on: unknown for what may have begun."""
        left = [step for key, step in self._steps.items() if not self._state[key].final]
        ends = [
            StepEnd(
                step,
                StepState.UNKNOWN if step.key in self._let_begin else StepState.SKIPPED,
                reason,
                now,
                step.attempt,
            )
            for step in left
        ]
        for end in ends:
            self._end(end)
        return ends

    def result(self) -> RunEnd:
        """How the run ended, once it is over: failed where work failed, error where only the machinery did.

        A run that was cancelled ends so unless every step had succeeded by then.
        """
        failed = self._named(StepState.FAILED)
        broken = self._named(StepState.ERROR, StepState.UNKNOWN)
        if self._cancelled is not None and any(state is not StepState.SUCCEEDED for state in self._state.values()):
            unsure = self._named(StepState.UNKNOWN)
            more = f"; not known whether it took effect: {_listed(unsure)}" if unsure else ""
            return RunEnd(RunState.CANCELLED, f"{self._cancelled}{more}")
        if not failed and not broken:
            return RunEnd(RunState.SUCCEEDED)
        return RunEnd(RunState.FAILED if failed else RunState.ERROR, f"not deployed: {_listed(failed + broken)}")

    def _named(self, *states: StepState) -> list[str]:
        return [step.service_name for key, step in self._steps.items() if self._state[key] in states]

    @property
    def _gate(self) -> str:
        return line(WaitKind.PERSON, str(self._confirm_after))

    def _let(self, step: RunStep, turn: Turn) -> None:
        if step.key in self._let_begin:
            turn.ready.append(step)
        elif self._paused or self._beyond_gate(step):
            self._hold(step, turn)
        else:
            turn.ready.append(step)
            self._let_begin.add(step.key)
            self._working += 1

    def _take_back(self, step: RunStep) -> None:
        self._let_begin.discard(step.key)
        self._working -= 1

    def _beyond_gate(self, step: RunStep) -> bool:
        return self._confirm_after is not None and step.wave > self._confirm_after

    def _hold(self, step: RunStep, turn: Turn) -> None:
        self._held[step.key] = step
        turn.waiting.append(StepWait(step, (self._gate if self._beyond_gate(step) else line(WaitKind.PAUSED),)))

    def _end(self, end: StepEnd) -> None:
        key = end.step.key
        if self._state[key].final:
            raise ValueError(f"step {key} ended twice")
        self._state[key] = end.state
        self._held.pop(key, None)
        self._unended -= 1
        self._working -= key in self._let_begin

    def _follow_failure(self, step: RunStep, turn: Turn, now: datetime) -> None:
        if self._on_failure is not OnFailure.CONTINUE:
            if self._culprit is None:
                self._culprit = step
                self._skip_waiting(f"the run stopped after {step.service_name} did not succeed", turn, now)
            return
        waiting = [step.key]
        while waiting:
            for user in self._users[waiting.pop()]:
                if self._state[user] is StepState.WAITING:
                    reason = f"it needs {step.service_name}, which did not succeed"
                    self._skip(self._steps[user], reason, turn, now)
                    waiting.append(user)

    def _skip_waiting(self, reason: str, turn: Turn, now: datetime) -> None:
        for key, step in self._steps.items():
            if self._state[key] is StepState.WAITING and key not in self._let_begin:
                self._skip(step, reason, turn, now)

    def _skip(self, step: RunStep, reason: str, turn: Turn, now: datetime) -> None:
        end = StepEnd(step, StepState.SKIPPED, reason, now, step.attempt)
        self._end(end)
        turn.skipped.append(end)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"{', '.join(names[:10])}{more}"
