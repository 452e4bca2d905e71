"""Runs: plans being carried out, step by step."""

from datetime import datetime

from strawberry import ID

from app.domain.run_records import Mark as Mark
from app.domain.run_records import StepState as StepState
from app.domain.runs import OnFailure as OnFailure
from app.domain.runs import RunState as RunState
from app.projection.model import LeafKind, Order
from graph_schema.declaration import Rule, incoming, many, node, one, outgoing, stored
from graph_schema.plans import NEWEST, StepAction
from graph_schema.scalars import WaitReason
from graph_schema.stored import described

described(
    RunState,
    "Where a run is.",
    {
        RunState.QUEUED: "It waits for a worker.",
        RunState.RUNNING: "A worker carries it out.",
        RunState.PAUSED: "Nothing more of it begins until someone lets it go on; `waitingFor` says who.",
        RunState.CANCELLING: "Someone stopped it, and what was under way is being stopped.",
        RunState.SUCCEEDED: "Every step succeeded.",
        RunState.FAILED: "A step failed.",
        RunState.ERROR: "The machinery failed, or nobody can tell whether a step took place.",
        RunState.DENIED: "The plan is blocked, so nothing was carried out.",
        RunState.CANCELLED: "Someone stopped it.",
    },
)
described(
    OnFailure,
    "What a run does once a step has failed.",
    {
        OnFailure.STOP: "Starts nothing more.",
        OnFailure.CONTINUE: "Goes on with what does not need the step.",
        OnFailure.ROLLBACK: "Starts nothing more, and is undone by a run of its own once it has ended.",
    },
)
described(
    StepState,
    "Where a step of a run is.",
    {
        StepState.WAITING: "It has not begun; `waitingFor` says why.",
        StepState.RUNNING: "It is being carried out.",
        StepState.SUCCEEDED: "It is done.",
        StepState.FAILED: "The work failed.",
        StepState.ERROR: "The machinery failed.",
        StepState.SKIPPED: "It was not carried out: something before it was not, or the run was cancelled.",
        StepState.UNKNOWN: "Nobody can tell whether it took place; someone has to look.",
    },
)
described(
    Mark,
    "How far an outside effect is recorded.",
    {
        Mark.PENDING: "It may have begun.",
        Mark.APPLIED: "Its success is recorded.",
    },
)


@node("Run")
class Run:
    """A plan being carried out."""

    id = stored(ID, "Its id, which sorts by time.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was asked for.", indexed=True)
    updated_at = stored(datetime, "When it was last changed.")
    state = stored(RunState, "Where it is.", indexed=True)
    on_failure = stored(OnFailure, "What it does once a step has failed.")
    application_id = stored(ID, "The application's id, also after the application is gone.", indexed=True)
    environment_id = stored(ID, "The environment's id, also after the environment is gone.", indexed=True)
    plan_id = stored(ID, "The plan's id.")
    provider = stored(str, "What carries it out.")
    created_by = stored(ID, "The id of whoever asked for it.")
    correlation_id = stored(ID, "What joins all events of it.")
    attempts = stored(int, "How many times a worker took it up.")
    total = stored(int, "How many steps it carries out.")
    succeeded = stored(int, "How many steps have succeeded.")
    failed = stored(int, "How many steps have failed.")
    skipped = stored(int, "How many steps were skipped.")
    started_at = stored(datetime, "When a worker first took it up.", optional=True)
    finished_at = stored(datetime, "When it ended.", optional=True)
    error = stored(str, "Why it ended as it did, for people.", optional=True)
    priority = stored(
        int, "Whose turn it is in its project, the highest first: 0 to 9.", optional=True, filterable=False
    )
    confirm_after = stored(
        int, "The wave after which someone has to confirm; null once someone has.", optional=True, filterable=False
    )
    waiting_for = stored(
        WaitReason,
        "Why nothing more of it begins; null or empty while it goes on.",
        many=True,
        optional=True,
        filterable=False,
    )
    plan = one("plans.Plan", outgoing("EXECUTES"), "The plan it carries out.")
    rolls_back = one("Run", outgoing("ROLLS_BACK"), "The run that it undoes; null for others.", optional=True)
    rollbacks = many("Run", incoming("ROLLS_BACK"), "The run that undoes it, where it failed and that was asked for.")
    repeats = one("Run", outgoing("REPEATS"), "The run whose steps it repeats; null for others.", optional=True)
    repetitions = many("Run", incoming("REPEATS"), "Runs that repeat its steps, newest first.", order=NEWEST)
    steps = many(
        "StepRun",
        outgoing("HAS_STEP_RUN"),
        "What became of the plan's steps, in the plan's order.",
        order=(Order("position", LeafKind.INT), Order("id")),
        on_delete=Rule.CASCADE,
    )


@node("StepRun", entity=False)
class StepRun:
    """What became of one step of a plan in one run."""

    id = stored(ID, "Its id.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When the run was asked for.")
    updated_at = stored(datetime, "When it was last changed.")
    run_id = stored(ID, "The run's id.")
    key = stored(ID, "The id of the deployment it changes.")
    position = stored(int, "Its place in the plan, from 0.")
    service_name = stored(str, "The service's name.")
    action = stored(StepAction, "What it does.")
    wave = stored(int, "How many steps have to come before it, one after the other.")
    state = stored(StepState, "Where it is.")
    attempt = stored(int, "How many times it was begun.")
    mark = stored(Mark, "How far its outside effect is recorded.", optional=True)
    started_at = stored(datetime, "When it was first begun.", optional=True)
    finished_at = stored(datetime, "When it ended.", optional=True)
    duration_ms = stored(int, "How many milliseconds it took.", optional=True)
    error = stored(str, "Why it ended as it did, for people.", optional=True)
    message = stored(str, "What the provider last said about it, for people.", optional=True)
    waiting_for = stored(WaitReason, "Why it has not begun; empty once it has.", many=True, filterable=False)
    run = one("Run", incoming("HAS_STEP_RUN"), "The run it is part of.")
    step = one("plans.PlanStep", outgoing("OF"), "The plan's step.")
