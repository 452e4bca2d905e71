"""What a worker knows of a run it has claimed, and what it reports about the steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.plan_steps import StepAction
from app.domain.runs import OnFailure, RunState
from app.domain.workloads import Target, Workload


class StepState(StrEnum):
    """Where a step of a run is; all but the first two are final.

    `failed` means that the work failed, `error` that the machinery did; `unknown` that nobody can tell whether the
    effect took place, and a person has to look.
    """

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        """Whether the step has ended."""
        return self not in (StepState.WAITING, StepState.RUNNING)

    @property
    def bad(self) -> bool:
        """Whether the step ended without what it was to bring about, for a reason of its own."""
        return self in (StepState.FAILED, StepState.ERROR, StepState.UNKNOWN)


class Mark(StrEnum):
    """The mark around an outside effect: `pending` before it may begin, `applied` once its success is recorded."""

    PENDING = "pending"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this worker holds: every write carries `fence`, and is refused once another worker has claimed it.

    `attempts` counts the claims, this one included; `namespace` is None where the environment is gone. `state` is what
    is to become of the run: running, paused or cancelling. After the wave `confirm_after` someone has to confirm.
    """

    tenant: str
    run_id: str
    fence: int
    attempts: int
    plan_id: str
    application_id: str
    environment_id: str
    namespace: str | None
    on_failure: OnFailure
    created_by: str
    correlation_id: str
    total: int
    state: RunState = RunState.RUNNING
    confirm_after: int | None = None


@dataclass(frozen=True, slots=True)
class Overdue:
    """A run that has to be rung for again; `attempt` counts how often it was taken up."""

    run_id: str
    project: str
    attempt: int
    priority: int


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a claimed run as it was found.

    `requires` are the keys of the steps it waits for. `workload` is what to apply; None for deletes, and where the
    version is gone; `inputs` are the values that references in it have, as `name=value`, once it begins. `mark` and
    `attempt` tell what an earlier worker had begun.
    """

    id: str
    key: str
    state: StepState
    mark: Mark | None
    attempt: int
    action: StepAction
    wave: int
    target: Target
    service_name: str
    provider: str
    previous_provider: str | None
    depends_on: tuple[str, ...]
    version_id: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    requires: frozenset[str]
    workload: Workload | None
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepStart:
    """A step has begun; `attempt` counts over all claims of the run."""

    step: RunStep
    at: datetime
    attempt: int


@dataclass(frozen=True, slots=True)
class StepNote:
    """A step's progress: a sentence for people, and how many of how many units are done (0 of 0 where uncounted)."""

    step: RunStep
    message: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class StepWait:
    """A step that may begin still waits; `reasons` are lines as `app.domain.waiting` makes them."""

    step: RunStep
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepEnd:
    """A step has ended. `started_at` is None for one that never began; `outputs` are `name=value` lines."""

    step: RunStep
    state: StepState
    message: str
    at: datetime
    attempt: int
    started_at: datetime | None = None
    outputs: tuple[str, ...] = ()

    @property
    def duration_ms(self) -> int | None:
        """How long the step took."""
        return None if self.started_at is None else round((self.at - self.started_at).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The run has ended; `error` says what went wrong, in a sentence."""

    state: RunState
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What is written about a run in one transaction: all of it or nothing.

    `pending` are steps that may begin once this is committed, `withdrawn` those that had not begun and may not any
    more; `waiting` says why steps wait.
    """

    pending: tuple[RunStep, ...] = ()
    withdrawn: tuple[RunStep, ...] = ()
    starts: tuple[StepStart, ...] = ()
    notes: tuple[StepNote, ...] = ()
    ends: tuple[StepEnd, ...] = ()
    waiting: tuple[StepWait, ...] = ()
    end: RunEnd | None = None
