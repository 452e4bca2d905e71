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


class Problem(Answer):
    """Why something was refused; which of the lists are there depends on the kind of problem."""

    code: str
    message: str
    field: str | None = None
    violations: list[Violation] = []
    dependents: list[str] = []
    moved: list[str] = []


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


class StepName(Answer):
    """A step, as far as the name of its service goes."""

    service_name: str


class PlanStep(Answer):
    """What a plan does to one service; `requires` are the first few steps that come before it."""

    key: str
    position: int
    wave: int
    action: str
    service_id: str
    service_name: str
    image: str | None
    before: list[str]
    after: list[str]
    policy: str | None
    reason: str | None
    path: list[str]
    path_edges: list[str]
    requires: Page[StepName]


class Plan(Answer):
    """A plan without its steps."""

    id: str
    digest: str
    state: str
    application_id: str
    environment_id: str
    provider: str
    creates: int
    updates: int
    replaces: int
    deletes: int
    no_ops: int
    blocked: int
    warnings: list[str]


class PlanPayload(Answer):
    """A plan, or why there is none."""

    plan: Plan | None
    problems: list[Problem]


class PlanAnswer(Answer):
    """The answer to `plan`."""

    plan: PlanPayload


class StepsOfPlan(Answer):
    """One page of a plan's steps."""

    steps: Page[PlanStep]


class PlanStepsAnswer(Answer):
    """The answer to the query for a plan's steps."""

    plan: StepsOfPlan | None


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

    @property
    def is_over(self) -> bool:
        """Whether the run has come to an end, whichever it is."""
        return self.state not in ("QUEUED", "RUNNING")


class StepRun(Answer):
    """What became of one step; `waiting_for` are ids of deployments."""

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
    waiting_for: list[str]


class DeployPayload(Answer):
    """A run, or why there is none."""

    run: Run | None
    plan: Plan | None
    problems: list[Problem]


class DeployAnswer(Answer):
    """The answer to `deploy`."""

    deploy: DeployPayload


class RunAnswer(Answer):
    """The answer to `run`."""

    run: Run | None


class StepsOfRun(Answer):
    """One page of a run's steps."""

    steps: Page[StepRun]


class RunStepsAnswer(Answer):
    """The answer to the query for a run's steps."""

    run: StepsOfRun | None
