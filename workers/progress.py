"""Where every step of a run is: what may begin, what is skipped and why, what the run's end is. Pure bookkeeping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.run_records import RunEnd, RunStep, StepEnd, StepState
from app.domain.runs import OnFailure, RunState


@dataclass(slots=True)
class Turn:
    """What follows from some ends: steps that may begin, ends of steps that never will, and who waits for less now."""

    ready: list[RunStep] = field(default_factory=list)
    skipped: list[StepEnd] = field(default_factory=list)
    waiting: list[tuple[RunStep, tuple[str, ...]]] = field(default_factory=list)


class RunProgress:
    """Follows the steps of one run; every call takes time in proportion to what it changes."""

    def __init__(self, steps: Iterable[RunStep], on_failure: OnFailure) -> None:
        self._steps = {step.key: step for step in steps}
        self._state = {key: step.state for key, step in self._steps.items()}
        self._on_failure = on_failure
        self._users: dict[str, list[str]] = {key: [] for key in self._steps}
        self._open: dict[str, set[str]] = {}
        for key, step in self._steps.items():
            for on in step.requires:
                self._users[on].append(key)
            self._open[key] = {on for on in step.requires if self._state[on] is not StepState.SUCCEEDED}
        self._unended = sum(1 for state in self._state.values() if not state.final)
        self._culprit: RunStep | None = None
        # What an earlier worker had marked may have begun: it is finished even in a run that stops.
        self._let_begin = {key for key, step in self._steps.items() if step.mark is not None}

    @property
    def over(self) -> bool:
        """Whether every step has ended."""
        return self._unended == 0

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
                turn.ready.append(step)
        self._let_begin.update(step.key for step in turn.ready)
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
                turn.ready.append(self._steps[key])
                self._let_begin.add(key)
            else:
                turn.waiting.append((self._steps[key], tuple(sorted(self._open[key]))))
        return turn

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
        """How the run ended, once it is over: failed where work failed, error where only the machinery did."""
        failed = [step.service_name for key, step in self._steps.items() if self._state[key] is StepState.FAILED]
        broken = [
            step.service_name
            for key, step in self._steps.items()
            if self._state[key] in (StepState.ERROR, StepState.UNKNOWN)
        ]
        if not failed and not broken:
            return RunEnd(RunState.SUCCEEDED)
        named = failed + broken
        more = f" and {len(named) - 10} more" if len(named) > 10 else ""
        return RunEnd(RunState.FAILED if failed else RunState.ERROR, f"not deployed: {', '.join(named[:10])}{more}")

    def _end(self, end: StepEnd) -> None:
        key = end.step.key
        if self._state[key].final:
            raise ValueError(f"step {key} ended twice")
        self._state[key] = end.state
        self._unended -= 1

    def _follow_failure(self, step: RunStep, turn: Turn, now: datetime) -> None:
        if self._on_failure is OnFailure.STOP:
            if self._culprit is None:
                self._culprit = step
                self._skip_waiting(step, turn, now)
            return
        waiting = [step.key]
        while waiting:
            for user in self._users[waiting.pop()]:
                if self._state[user] is StepState.WAITING:
                    reason = f"it needs {step.service_name}, which did not succeed"
                    self._skip(self._steps[user], reason, turn, now)
                    waiting.append(user)

    def _skip_waiting(self, culprit: RunStep, turn: Turn, now: datetime) -> None:
        for key, step in self._steps.items():
            if self._state[key] is StepState.WAITING and key not in self._let_begin:
                self._skip(step, f"the run stopped after {culprit.service_name} did not succeed", turn, now)

    def _skip(self, step: RunStep, reason: str, turn: Turn, now: datetime) -> None:
        end = StepEnd(step, StepState.SKIPPED, reason, now, step.attempt)
        self._end(end)
        turn.skipped.append(end)
