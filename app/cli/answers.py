"""What the server answers, as models: the border at which an answer is checked before a command uses it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

NodeT = TypeVar("NodeT")


class Answer(BaseModel):
    """A part of an answer, named in snake_case here and in camelCase on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def as_json(self) -> dict[str, JsonValue]:
        """The part as JSON, in the wire's names."""
        return self.model_dump(mode="json", by_alias=True)


class PathNode(Answer):
    """A node of a violating path."""

    id: str
    label: str
    name: str


class Violation(Answer):
    """One finding of a policy; `edges` has one entry fewer than `nodes`."""

    policy: str
    message: str
    nodes: list[PathNode]
    edges: list[str]
    decision: str | None = None


class Problem(Answer):
    """Why something was refused; which of the lists are there depends on the kind of problem."""

    code: str
    message: str
    field: str | None = None
    violations: list[Violation] = []
    dependents: list[str] = []
    moved: list[str] = []
    plan: str | None = None
    reasons: list[str] = []


class PageInfo(Answer):
    """Where a page ends."""

    has_next_page: bool
    end_cursor: str | None


class Page(Answer, Generic[NodeT]):
    """One page of a list."""

    nodes: list[NodeT]
    page_info: PageInfo


class SignedIn(Answer):
    """Who has signed in."""

    id: str
    name: str
    role: str


class TeamName(Answer):
    """A team, as far as its name goes."""

    id: str
    name: str


class TeamMembership(Answer):
    """A team someone is in, and as what."""

    role: str
    node: TeamName


class Memberships(Answer):
    """The first of the teams someone is in."""

    edges: list[TeamMembership]


class User(Answer):
    """Someone who can sign in."""

    id: str
    name: str
    teams: Memberships


class Login(Answer):
    """A token, or why there is none."""

    token: str | None
    expires_at: datetime | None
    user: SignedIn | None
    problems: list[Problem]

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return [("user", self.user), ("problems", self.problems)]


class LoginAnswer(Answer):
    """The answer to `login`."""

    login: Login


class MeAnswer(Answer):
    """The answer to `me`."""

    me: User | None


class Applied(Answer):
    """What became of one manifest, or of something that no manifest names any more (`index` None)."""

    index: int | None
    kind: str
    id: str
    action: Literal["CREATED", "UPDATED", "UNCHANGED", "DELETED"]


class ApplyPayload(Answer):
    """What became of all manifests, or why nothing was changed."""

    results: list[Applied]
    problems: list[Problem]


class ApplyAnswer(Answer):
    """The answer to `applyManifests`."""

    apply_manifests: ApplyPayload


class EventGap(Answer):
    """Events that the server could not replay; what comes next is after `cursor`."""

    kind: Literal["EventGap"] = Field(alias="__typename")
    cursor: str
    reason: str


class LoggedEvent(Answer):
    """Something that happened; `seq` is its number in the log."""

    seq: int
    type: str
    category: str
    level: str
    subject: str
    actor: str
    at: datetime
    message: str
    correlation_id: str
    data: JsonValue


class Event(LoggedEvent):
    """An event as it is delivered; following continues after its `cursor`."""

    kind: Literal["Event"] = Field(alias="__typename")
    cursor: str


class EventsSubscription(Answer):
    """One result of the subscription `events`."""

    events: Annotated[Event | EventGap, Field(discriminator="kind")]


class WaitReason(Answer):
    """Why something waits."""

    kind: str
    text: str
    subject: str | None


class Run(Answer):
    """A run without its steps."""

    id: str
    application_id: str
    environment_id: str
    plan_id: str
    state: str
    on_failure: str
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    correlation_id: str
    total: int
    succeeded: int
    failed: int
    skipped: int
    error: str | None
    waiting_for: list[WaitReason] | None

    @property
    def is_over(self) -> bool:
        """Whether the run has come to an end, whichever it is."""
        return self.state not in ("QUEUED", "RUNNING", "PAUSED", "CANCELLING")


class StepRun(Answer):
    """What became of one step; `waiting_for` says why it has not begun."""

    key: str
    wave: int
    service_name: str
    action: str
    state: str
    attempt: int
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    error: str | None
    message: str | None
    waiting_for: list[WaitReason]


class RunPayload(Answer):
    """A run that was changed, or why it was not."""

    run: Run | None
    problems: list[Problem]


class CancelRunAnswer(Answer):
    """The answer to `cancelRun`."""

    cancel_run: RunPayload


class PauseRunAnswer(Answer):
    """The answer to `pauseRun`."""

    pause_run: RunPayload


class ResumeRunAnswer(Answer):
    """The answer to `resumeRun`."""

    resume_run: RunPayload


class ConfirmRunAnswer(Answer):
    """The answer to `confirmRun`."""

    confirm_run: RunPayload


class RejectRunAnswer(Answer):
    """The answer to `rejectRun`."""

    reject_run: RunPayload


class RerunRunAnswer(Answer):
    """The answer to `rerunRun`."""

    rerun_run: RunPayload


class RunAnswer(Answer):
    """The answer to `run`."""

    run: Run | None


class LinkedRun(Answer):
    """A run that another one is linked to."""

    id: str
    state: str


class RunLinks(Answer):
    """The runs that a run undoes or repeats, and the first of those that undo or repeat it."""

    rolls_back: LinkedRun | None
    rollbacks: Page[LinkedRun]
    repeats: LinkedRun | None
    repetitions: Page[LinkedRun]


class RunLinksAnswer(Answer):
    """The answer to the query for what a run is linked to."""

    run: RunLinks | None


class StepsOfRun(Answer):
    """One page of a run's steps."""

    steps: Page[StepRun]


class RunStepsAnswer(Answer):
    """The answer to the query for a run's steps."""

    run: StepsOfRun | None
