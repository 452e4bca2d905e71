"""What one worker was told of a run and what it decided, turn by turn: recorded from real runs, replayed later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel

from app.domain.run_records import Claim, Mark, Report, RunStep, StepState
from app.domain.runs import OnFailure, RunState


class StoredStep(BaseModel):
    """A step as the worker found it."""

    key: str
    requires: list[str]
    wave: int
    state: StepState
    mark: Mark | None


class StoredTurn(BaseModel):
    """What ended, and what the worker let begin and skipped because of it."""

    ended: dict[str, StepState]
    begun: list[str]
    skipped: list[str]


class Story(BaseModel):
    """One claim of a run; `state` and `error` are its end, where this worker brought it about."""

    fence: int
    on_failure: OnFailure
    steps: list[StoredStep]
    turns: list[StoredTurn] = []
    state: RunState | None = None
    error: str | None = None

    @classmethod
    def of(cls, claim: Claim, steps: Iterable[RunStep]) -> Self:
        """The beginning of a story."""
        found = [
            StoredStep(key=one.key, requires=sorted(one.requires), wave=one.wave, state=one.state, mark=one.mark)
            for one in steps
        ]
        return cls(fence=claim.fence, on_failure=claim.on_failure, steps=found)

    def note(self, report: Report) -> None:
        """A report was committed. What is skipped without having been let begin, the worker decided."""
        let = {step.key for step in self.steps if step.mark is not None}
        let |= {key for turn in self.turns for key in turn.begun}
        decided = {end.step.key for end in report.ends if end.state is StepState.SKIPPED and end.step.key not in let}
        turn = StoredTurn(
            ended={end.step.key: end.state for end in report.ends if end.step.key not in decided},
            begun=sorted(step.key for step in report.pending),
            skipped=sorted(decided),
        )
        if turn.ended or turn.begun or turn.skipped:
            self.turns.append(turn)
        if report.end is not None:
            self.state, self.error = report.end.state, report.end.error


class StoredHistory(BaseModel):
    """All claims of one run, and the sentence that says what befell it."""

    about: str
    stories: list[Story]
