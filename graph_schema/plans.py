"""Plans and their steps: what a deployment would do."""

from collections.abc import Sequence
from datetime import datetime

import strawberry
from strawberry import ID

from app.domain import plan_changes
from app.domain.plan_steps import PlanApproval as PlanApproval
from app.domain.plan_steps import PlanState as PlanState
from app.domain.plan_steps import StepAction as StepAction
from app.domain.rows import texts
from app.projection.model import LeafKind, Order
from app.transactions import Value
from graph_schema.declaration import Rule, incoming, many, node, one, outgoing, stored, together
from graph_schema.stored import described

described(
    PlanState,
    "Whether a plan can be run.",
    {
        PlanState.READY: "It can be run.",
        PlanState.BLOCKED: "A policy, or something missing, keeps a step from being carried out.",
        PlanState.EMPTY: "Everything is as it should be; there is nothing to do.",
    },
)
described(
    StepAction,
    "What a step does to one service in one environment.",
    {
        StepAction.CREATE: "Deploys it for the first time.",
        StepAction.UPDATE: "Changes what runs.",
        StepAction.REPLACE: "Takes away what runs and deploys it anew.",
        StepAction.DELETE: "Takes away what runs.",
        StepAction.NO_OP: "Leaves it as it is.",
        StepAction.BLOCKED: "Must not be carried out; `reason` says why.",
    },
)
described(
    PlanApproval,
    "Whether somebody has to agree to a plan before it is carried out, and what became of that.",
    {
        PlanApproval.NONE: "Nobody has to.",
        PlanApproval.REQUIRED: "Somebody has to, and nobody has so far.",
        PlanApproval.GRANTED: "Somebody has agreed to what it says.",
        PlanApproval.REJECTED: "Somebody has said no.",
    },
)
USUAL_CHANGES = 6
"""What the cost of a step counts for its changes: most steps change fewer fields, and no page of steps is large."""


@strawberry.type(description="Why a value cannot be known yet.")
class UnknownValue:
    """Why a value cannot be known yet."""

    reason: str = strawberry.field(description="Why, in a few words.")
    origin: ID = strawberry.field(description="The `key` of the step, or the id of the deployment, it comes from.")


@strawberry.type(description="One field that a step changes.")
class FieldChange:
    """One field that a step changes."""

    field: str = strawberry.field(
        description="The field's name: `image`, `replicas`, `environment.LOG_LEVEL`, `port.http`."
    )
    before: str | None = strawberry.field(
        description="The value that is recorded, or was observed where that differs; null where there is none."
    )
    after: str | None = strawberry.field(
        description="The value that it will have; null where there will be none, or where `unknown` says why."
    )
    sensitive: bool = strawberry.field(description="Whether the values are secret; then both are masked.")
    unknown: UnknownValue | None = strawberry.field(
        description="Why the value after cannot be known yet; null where it is known."
    )


def _changes(before: Value, after: Value, sensitive: Value, unknown: Value) -> Sequence[object]:
    return plan_changes.changes_of(texts(before), texts(after), texts(sensitive), texts(unknown))


NEWEST = (Order("id", descending=True),)


@node("Plan")
class Plan:
    """What deploying an application to an environment would do; a plan never changes."""

    id = stored(ID, "Its id, which sorts by time.")
    version = stored(int, "Counts its changes, from 1: what it says never changes, its approval does.")
    created_at = stored(datetime, "When it was computed.", indexed=True)
    updated_at = stored(datetime, "When it was stored, or its approval last changed.")
    digest = stored(str, "The SHA-256 of what it says: the same plan has the same digest.")
    state = stored(PlanState, "Whether it can be run.", indexed=True)
    application_id = stored(ID, "The application's id, also after the application is gone.", indexed=True)
    environment_id = stored(ID, "The environment's id, also after the environment is gone.", indexed=True)
    provider = stored(str, "What would carry it out.")
    created_by = stored(ID, "The id of whoever asked for it.")
    creates = stored(int, "How many services it deploys for the first time.")
    updates = stored(int, "How many services it changes.")
    replaces = stored(int, "How many services it takes away and deploys anew.")
    deletes = stored(int, "How many services it takes away.")
    no_ops = stored(int, "How many services it leaves as they are.")
    blocked = stored(int, "How many steps must not be carried out.")
    waves = stored(int, "How many steps, at the least, have to follow one another.")
    irreversible = stored(int, "How many of its steps cannot be undone.", optional=True)
    cost_change = stored(float, "What it changes of the costs: zero, because nothing has a price yet.", optional=True)
    warnings = stored(str, "What is missing, and what policies that only warn found.", many=True)
    impact = stored(int, "How many services of other applications need what it changes.", optional=True)
    impact_digest = stored(
        str, "The SHA-256 of these services and their versions; null where there are too many.", optional=True
    )
    approval = stored(PlanApproval, "Whether somebody has to agree to it, and what became of that.", optional=True)
    approval_reasons = stored(str, "Why somebody has to agree to it.", many=True, optional=True)
    application = one("applications.Application", outgoing("FOR"), "What it is for; null once deleted.", optional=True)
    environment = one("environments.Environment", outgoing("IN"), "Where it is for; null once deleted.", optional=True)
    steps = many(
        "PlanStep",
        outgoing("HAS_STEP"),
        "Its steps, in the order they would be carried out.",
        order=(Order("position", LeafKind.INT), Order("id")),
        on_delete=Rule.CASCADE,
    )
    reads = many(
        "interfaces.Node",
        outgoing("READ"),
        "What it was computed from, as far as that is still there.",
        name="PlanRead",
        properties={"version": stored(int, "The node's version at that time.")},
    )
    affects = many(
        "services.Service",
        outgoing("AFFECTS"),
        "The services of other applications that need what it changes, directly or over others.",
    )
    approvers = many(
        "tenants.User",
        incoming("MAY_APPROVE"),
        "Who may agree to it, as the graph said when it was planned: people of the owning team, never who asked.",
    )
    approvals = many("Approval", incoming("OF"), "What people decided on it, newest first.", order=NEWEST)
    runs = many("runs.Run", incoming("EXECUTES"), "Runs of it, newest first.", order=NEWEST)


@node("Approval", entity=False)
class Approval:
    """What somebody decided on a plan, bound to the plan's content by its digest."""

    id = stored(ID, "Its id, which sorts by time.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was decided.")
    updated_at = stored(datetime, "When it was last changed.")
    at = stored(datetime, "When it was decided.")
    digest = stored(str, "The digest of the plan that was decided on.")
    verdict = stored(PlanApproval, "What was decided: granted or rejected.")
    by = stored(ID, "The id of who decided.")
    comment = stored(str, "What was said about it.", optional=True)
    voided_at = stored(datetime, "When it was taken back, because another plan took its place.", optional=True)
    application_id = stored(ID, "The application's id.", indexed=True)
    environment_id = stored(ID, "The environment's id.")
    plans = many("Plan", outgoing("OF"), "The plans of this content, newest first.", order=NEWEST)
    user = one("tenants.User", incoming("GAVE"), "Who decided; null once the person is gone.", optional=True)


@node("PlanStep", entity=False)
class PlanStep:
    """What a plan does to one service."""

    id = stored(ID, "Its id.")
    version = stored(int, "Always 1.")
    created_at = stored(datetime, "When the plan was stored.")
    updated_at = stored(datetime, "When the plan was stored.")
    plan_id = stored(ID, "The plan's id.")
    key = stored(ID, "The id of the deployment it changes.")
    position = stored(int, "Its place in the plan, from 0.")
    wave = stored(int, "How many steps have to come before it, one after the other.")
    action = stored(StepAction, "What it does.")
    kind = stored(str, "What the service is for a provider.")
    service_id = stored(ID, "The service's id, also after the service is gone.")
    service_name = stored(str, "The service's name, also after the service is gone.")
    version_id = stored(ID, "The id of the version it deploys; null where it deploys none.", optional=True)
    image = stored(str, "The image it deploys; null where it deploys none.", optional=True)
    changes = together(
        FieldChange,
        ("before", "after", "sensitive", "unknown"),
        _changes,
        "The fields that it changes, by name.",
        items=USUAL_CHANGES,
    )
    irreversible = stored(str, "Why it cannot be undone; null where it can.", optional=True)
    waiting_on = stored(ID, "The ids of the services whose steps have to come before it.", many=True, optional=True)
    policy = stored(ID, "The policy that blocks it.", optional=True)
    reason = stored(str, "Why it is blocked.", optional=True)
    path = stored(ID, "The ids of the nodes that show why it is blocked.", many=True)
    path_edges = stored(str, "The edge types between the nodes of `path`.", many=True)
    plan = one("Plan", incoming("HAS_STEP"), "The plan it is part of.")
    service = one("services.Service", outgoing("CHANGES"), "The service; null once it is deleted.", optional=True)
    requires = many("PlanStep", outgoing("REQUIRES"), "The steps that have to come before it.")
    required_by = many("PlanStep", incoming("REQUIRES"), "The steps that have to come after it.")
    step_runs = many("runs.StepRun", incoming("OF"), "What became of it in runs, newest first.", order=NEWEST)
