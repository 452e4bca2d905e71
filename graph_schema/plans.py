"""Plans and their steps: what a deployment would do."""

from datetime import datetime

from strawberry import ID

from app.domain.planning import PlanState as PlanState
from app.domain.planning import StepAction as StepAction
from app.projection.model import LeafKind, Order
from graph_schema.declaration import Rule, incoming, many, node, one, outgoing, stored
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
NEWEST = (Order("id", descending=True),)


@node("Plan")
class Plan:
    """What deploying an application to an environment would do; a plan never changes."""

    id = stored(ID, "Its id, which sorts by time.")
    version = stored(int, "Always 1.")
    created_at = stored(datetime, "When it was computed.")
    updated_at = stored(datetime, "When it was stored.")
    digest = stored(str, "The SHA-256 of what it says: the same plan has the same digest.")
    state = stored(PlanState, "Whether it can be run.")
    application_id = stored(ID, "The application's id, also after the application is gone.")
    environment_id = stored(ID, "The environment's id, also after the environment is gone.")
    provider = stored(str, "What would carry it out.")
    created_by = stored(ID, "The id of whoever asked for it.")
    creates = stored(int, "How many services it deploys for the first time.")
    updates = stored(int, "How many services it changes.")
    replaces = stored(int, "How many services it takes away and deploys anew.")
    deletes = stored(int, "How many services it takes away.")
    no_ops = stored(int, "How many services it leaves as they are.")
    blocked = stored(int, "How many steps must not be carried out.")
    waves = stored(int, "How many steps, at the least, have to follow one another.")
    warnings = stored(str, "What policies that only warn found.", many=True)
    application = one("applications.Application", outgoing("FOR"), "What it is for; null once deleted.", optional=True)
    environment = one("environments.Environment", outgoing("IN"), "Where it is for; null once deleted.", optional=True)
    steps = many(
        "PlanStep",
        outgoing("HAS_STEP"),
        "Its steps, in the order they would be carried out.",
        order=(Order("position", LeafKind.INT), Order("id")),
        on_delete=Rule.CASCADE,
    )
    runs = many("runs.Run", incoming("EXECUTES"), "Runs of it, newest first.", order=NEWEST)


@node("PlanStep")
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
    before = stored(str, "The fields that change, as recorded, each as `field=value`.", many=True)
    after = stored(str, "The fields that change, as they will be, each as `field=value`.", many=True)
    policy = stored(ID, "The policy that blocks it.", optional=True)
    reason = stored(str, "Why it is blocked.", optional=True)
    path = stored(ID, "The ids of the nodes that show why it is blocked.", many=True)
    path_edges = stored(str, "The edge types between the nodes of `path`.", many=True)
    plan = one("Plan", incoming("HAS_STEP"), "The plan it is part of.")
    service = one("services.Service", outgoing("CHANGES"), "The service; null once it is deleted.", optional=True)
    requires = many("PlanStep", outgoing("REQUIRES"), "The steps that have to come before it.")
    required_by = many("PlanStep", incoming("REQUIRES"), "The steps that have to come after it.")
    step_runs = many("runs.StepRun", incoming("OF"), "What became of it in runs, newest first.", order=NEWEST)
