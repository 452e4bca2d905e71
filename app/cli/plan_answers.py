"""What the server answers about plans, and about deploying them."""

from __future__ import annotations

from app.cli.answers import Answer, Page, Problem, Run


class UnknownValue(Answer):
    """Why a value cannot be known yet."""

    reason: str
    origin: str


class FieldChange(Answer):
    """One field that a step changes."""

    field: str
    before: str | None
    after: str | None
    sensitive: bool
    unknown: UnknownValue | None


class PlanStep(Answer):
    """What a plan does to one service; `waiting_on` are the ids of the services that come before it."""

    key: str
    position: int
    wave: int
    action: str
    service_id: str
    service_name: str
    image: str | None
    changes: list[FieldChange]
    irreversible: str | None
    policy: str | None
    reason: str | None
    path: list[str]
    path_edges: list[str]
    waiting_on: list[str] | None


class ProposedPlan(Answer):
    """A plan without its steps, as it was computed."""

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
    irreversible: int | None
    cost_change: float | None
    warnings: list[str]
    approval: str | None
    approval_reasons: list[str] | None
    impact: int | None


class Plan(ProposedPlan):
    """A stored plan without its steps."""

    id: str


class DryRun(ProposedPlan):
    """A plan that was stored nowhere, and a page of its steps."""

    steps: Page[PlanStep]


class DryRunPayload(Answer):
    """What a dry run found, or why there is nothing."""

    proposal: DryRun | None
    problems: list[Problem]


class DryRunAnswer(Answer):
    """The answer to a dry run of `plan`."""

    plan: DryRunPayload


class FieldDifference(Answer):
    """A field that the same step has otherwise in two plans."""

    field: str
    a: str | None
    b: str | None


class StepDifference(Answer):
    """A step that is not the same in two plans."""

    key: str
    service_name: str
    action_a: str | None
    action_b: str | None
    fields: list[FieldDifference]


class PlanDiff(Answer):
    """What two plans say otherwise, and a page of the steps."""

    same: bool
    digest_a: str
    digest_b: str
    only_in_a: int
    only_in_b: int
    differing: int
    steps: Page[StepDifference]


class PlanDiffAnswer(Answer):
    """The answer to `planDiff`."""

    plan_diff: PlanDiff


class PlanPayload(Answer):
    """A plan, or why there is none."""

    plan: Plan | None
    problems: list[Problem]


class PlanById(Answer):
    """The answer to the query for one plan."""

    plan: Plan | None


class ApproveAnswer(Answer):
    """The answer to `approvePlan`."""

    approve_plan: PlanPayload


class RejectAnswer(Answer):
    """The answer to `rejectPlan`."""

    reject_plan: PlanPayload


class PlanAnswer(Answer):
    """The answer to `plan`."""

    plan: PlanPayload


class StepsOfPlan(Answer):
    """One page of a plan's steps."""

    steps: Page[PlanStep]


class PlanStepsAnswer(Answer):
    """The answer to the query for a plan's steps."""

    plan: StepsOfPlan | None


class DeployPayload(Answer):
    """A run, or why there is none."""

    run: Run | None
    plan: Plan | None
    problems: list[Problem]


class DeployAnswer(Answer):
    """The answer to `deploy`."""

    deploy: DeployPayload
