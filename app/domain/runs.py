"""Runs: a plan is carried out once, as it was computed, or refused with the reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain import idempotency
from app.domain.access import Action, require
from app.domain.changes import BATCH, Change
from app.domain.events import Category, EventDraft, Level
from app.domain.idempotency import Request
from app.domain.plan_approval import refuse_unapproved
from app.domain.plan_steps import PlanState
from app.domain.plans import EXTRA, create_plan
from app.domain.policies import glass
from app.domain.rows import texts
from app.domain.waiting import WaitKind, line
from app.errors import Conflict, InvalidInput, NotFound, PathNode, StalePlan, Violation
from app.ports import JobQueue
from app.transactions import Reader, Row, Transaction, Value

HIGHEST_PRIORITY = 9
_SAID = 20


class RunState(StrEnum):
    """Where a run is; all but the first four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERROR = "error"
    DENIED = "denied"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether the run has ended; nothing changes it any more."""
        return self not in (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED, RunState.CANCELLING)


class OnFailure(StrEnum):
    """What a run does once a step failed: skip what has not started, go on with what does not need it, or undo."""

    STOP = "stop"
    CONTINUE = "continue"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a run is to be carried out. After the wave `confirm_after` (from 1) someone has to confirm.

    Of the runs of a project that wait, those of higher `priority` (0 to 9) are taken up first.
    """

    on_failure: OnFailure = OnFailure.STOP
    confirm_after: int | None = None
    priority: int = 0

    def content(self) -> list[Value]:
        """What tells it from others."""
        return [self.on_failure.value, self.confirm_after, self.priority]

    def check(self) -> None:
        """Raises InvalidInput."""
        if self.confirm_after is not None and self.confirm_after < 1:
            raise InvalidInput("waves count from 1", "confirmAfterWave")
        if not 0 <= self.priority <= HIGHEST_PRIORITY:
            raise InvalidInput(f"a priority is a number from 0 to {HIGHEST_PRIORITY}", "priority")


@dataclass(frozen=True, slots=True)
class Started:
    """The answer to a request for a run; `repeated` says that an earlier request with the same key made it.

    `project` is where it waits for its turn; it is not known of what was answered before.
    """

    run_id: str
    plan_id: str
    state: RunState
    project: str = ""
    repeated: bool = False
    violations: tuple[Violation, ...] = ()


DEFAULTS = Wishes()


async def create_run(
    change: Change,
    queue: JobQueue,
    *,
    plan_id: str,
    wishes: Wishes = DEFAULTS,
    idempotency_key: str | None = None,
    break_glass: str | None = None,
) -> Started:
    """Let a plan be carried out.

    A plan that a policy blocks gives a run that ended as denied, an empty plan one that ended as succeeded. So does one
    that may not be carried out now, as in a freeze, unless `break_glass` says why it has to be. The same
    `idempotency_key` (1..200 characters, one's own) gives the first answer again. Raises NotFound, StalePlan naming
    what moved, ApprovalRequired, Conflict (another run is under way; the key was used for something else),
    InvalidInput, Forbidden.
    """
    require(change.actor, Action.DEPLOY)
    wishes.check()
    glass.check_reason(change.actor, break_glass)
    request = idempotency.request(change.actor, "create_run", idempotency_key, content=[plan_id, *wishes.content()])
    return await _create(change, queue, plan_id, wishes, request=request, break_glass=break_glass)


async def deploy(
    change: Change,
    queue: JobQueue,
    *,
    application_id: str,
    environment_id: str,
    wishes: Wishes = DEFAULTS,
    idempotency_key: str | None = None,
    break_glass: str | None = None,
) -> Started:
    """Plan an application in an environment and carry the plan out. As `create_plan` and `create_run`."""
    require(change.actor, Action.DEPLOY)
    wishes.check()
    glass.check_reason(change.actor, break_glass)
    content: list[Value] = [application_id, environment_id, *wishes.content()]
    request = idempotency.request(change.actor, "create_run", idempotency_key, content=content)
    there = await answered(change.graph.reader(change.actor.tenant), request)
    if there is not None:
        return there
    planned = await create_plan(change, application_id=application_id, environment_id=environment_id)
    return await _create(change, queue, planned.id, wishes, request=request, break_glass=break_glass, fresh=True)


def project_of(application_id: str) -> str:
    """The project in whose turn an application's runs are taken up."""
    return application_id.partition("/")[0]


async def answered(reader: Reader, request: Request | None) -> Started | None:
    """The answer that an earlier request with the same key had. Raises Conflict where it asked for something else."""
    answer = None if request is None else await request.answered(reader)
    if answer is None:
        return None
    run_id, plan_id, state = answer.split(" ")
    violations: tuple[Violation, ...] = ()
    if state == RunState.DENIED:
        violations = await _violations(reader, plan_id) or await glass.logged(reader, run_id)
    return Started(run_id, plan_id, RunState(state), repeated=True, violations=violations)


async def _create(
    change: Change,
    queue: JobQueue,
    plan_id: str,
    wishes: Wishes,
    *,
    request: Request | None,
    break_glass: str | None,
    fresh: bool = False,
) -> Started:
    run_id = change.ids.new()

    async def work(transaction: Transaction) -> Started:
        plan = await locked_plan(transaction, plan_id)
        there = await answered(transaction, request)
        if there is not None:
            return there
        await _refuse_stale(transaction, plan_id, plan)
        violations: tuple[Violation, ...] = ()
        gate = glass.Gate(())
        if plan["state"] == PlanState.BLOCKED:
            state, violations = RunState.DENIED, await _violations(transaction, plan_id)
        elif plan["state"] == PlanState.EMPTY:
            state = RunState.SUCCEEDED
        else:
            refuse_unapproved(plan_id, plan)
            gate = await glass.at_gate(
                transaction,
                application_id=str(plan["application_id"]),
                environment_id=str(plan["environment_id"]),
                reason=break_glass,
                # What was planned in the same request was asked about a moment ago.
                made=None if fresh else glass.Made(plan_id, texts(plan["approval_reasons"] or [])),
            )
            state = RunState.DENIED if gate.violations else RunState.QUEUED
            if state is RunState.QUEUED:
                await refuse_overlap(transaction, plan)
        await store_run(change, transaction, run_id, plan_id, state=state, wishes=wishes, plan=plan)
        gate = await glass.log(transaction, gate, ids=change.ids, run_id=run_id, actor=change.actor)
        violations = violations or gate.violations
        drafts = run_drafts(change, run_id, plan_id, state, plan=plan, violations=violations)
        if gate.overridden and break_glass is not None:
            drafts.insert(0, glass.broken(gate, drafts[0], break_glass))
        await change.record(transaction, drafts)
        if request is not None:
            await request.keep(transaction, f"{run_id} {plan_id} {state}")
        return Started(run_id, plan_id, state, project_of(str(plan["application_id"])), violations=violations)

    started = await change.commit("create_run", work, action=Action.DEPLOY, extra_seconds=0.0 if fresh else EXTRA)
    if started.state is RunState.QUEUED and not started.repeated:
        await queue.enqueue(
            change.actor.tenant, started.run_id, project=started.project, attempt=0, priority=wishes.priority
        )
    return started


async def locked_plan(transaction: Transaction, plan_id: str) -> Row:
    """A plan with its application locked until the transaction ends. Raises NotFound, StalePlan."""
    rows = await transaction.run("runs/lock_plan", plan_id=plan_id, operation=transaction.operation.id)
    if not rows:
        raise NotFound(f"there is no Plan {plan_id}", "plan")
    if not rows[0]["present"]:
        application = str(rows[0]["application_id"])
        raise StalePlan(f"the plan is stale: {application} was deleted", (application,), "plan")
    return rows[0]


async def _refuse_stale(transaction: Transaction, plan_id: str, plan: Row) -> None:
    row = (await transaction.run("runs/find_moved_nodes", plan_id=plan_id))[0]
    moved = [*texts(row["moved"]), *texts(row["gone"]), *texts(row["appeared"])]
    refuse_moved(moved, whole=row["found"] == plan["reads"])


def refuse_moved(ids: Collection[str], *, whole: bool) -> None:
    """Raises StalePlan where any node moved, or not the whole of what the plan was computed from is there."""
    moved = sorted(set(ids))
    if moved:
        more = f" and {len(moved) - _SAID} more" if len(moved) > _SAID else ""
        raise StalePlan(
            f"the plan is stale: {', '.join(moved[:_SAID])}{more} changed since it was made; plan again",
            tuple(moved),
            "plan",
        )
    if not whole:
        raise StalePlan("the plan is stale: something it was made from was deleted; plan again", (), "plan")


async def refuse_overlap(transaction: Transaction, plan: Row) -> None:
    """Raises Conflict where another run is under way in the plan's place."""
    active = await transaction.run(
        "runs/find_active_run", application_id=plan["application_id"], environment_id=plan["environment_id"]
    )
    if active:
        raise Conflict(
            f"run {active[0]['id']} of {plan['application_id']} in {plan['environment_id']} is {active[0]['state']}:"
            " wait until it has ended",
            "plan",
        )


async def _violations(reader: Reader, plan_id: str) -> tuple[Violation, ...]:
    found = []
    for row in await reader.run("runs/find_blocks", plan_id=plan_id):
        nodes = zip(texts(row["node_ids"]), texts(row["node_labels"]), texts(row["node_names"]), strict=True)
        found.append(
            Violation(
                policy=str(row["policy"]),
                message=str(row["reason"]),
                nodes=tuple(PathNode(id, label, name) for id, label, name in nodes),
                edges=texts(row["edges"]),
                decision=None if row["decision"] is None else str(row["decision"]),
            )
        )
    return tuple(found)


async def store_run(
    change: Change,
    transaction: Transaction,
    run_id: str,
    plan_id: str,
    *,
    state: RunState,
    wishes: Wishes,
    plan: Row,
    repeats: tuple[str, Sequence[str]] | None = None,
) -> None:
    """Store a run with its steps; `plan` are columns as `runs/lock_plan` has them.

    `repeats` are the run and the keys of the steps that it repeats; else it has all steps that act.
    """
    total = int(str(plan["acting"])) if state is RunState.QUEUED else 0
    await transaction.run(
        "runs/create_run",
        id=run_id,
        plan_id=plan_id,
        application_id=plan["application_id"],
        environment_id=plan["environment_id"],
        provider=plan["provider"],
        state=state.value,
        on_failure=wishes.on_failure.value,
        created_by=change.actor.id,
        correlation_id=change.correlation_id,
        total=total,
        error="a policy denies it" if state is RunState.DENIED else None,
        waiting_for=[line(WaitKind.WORKER)] if state is RunState.QUEUED else [],
        confirm_after=wishes.confirm_after,
        priority=wishes.priority,
    )
    if repeats is not None:
        rows: list[Value] = [[change.ids.new(), key] for key in repeats[1]]
        await transaction.run(
            "runs/create_chosen_step_runs", run_id=run_id, plan_id=plan_id, repeated_id=repeats[0], rows=rows
        )
    for first in range(0, 0 if repeats is not None else total, BATCH):
        ids = [change.ids.new() for _ in range(min(BATCH, total - first))]
        await transaction.run("runs/create_step_runs", run_id=run_id, plan_id=plan_id, first=first, ids=ids)


def run_drafts(
    change: Change, run_id: str, plan_id: str, state: RunState, *, plan: Row, violations: tuple[Violation, ...] = ()
) -> list[EventDraft]:
    """The events that tell of a run that was just stored."""
    said = f"{plan['application_id']} in {plan['environment_id']}"

    def event(type: str, message: str, *, category: Category, level: Level, data: dict[str, Value]) -> EventDraft:
        return EventDraft(
            type=type,
            category=category,
            level=level,
            subject=run_id,
            subject_label="Run",
            subject_version=1,
            actor=change.actor.id,
            correlation_id=change.correlation_id,
            message=message,
            application_id=str(plan["application_id"]),
            environment_id=str(plan["environment_id"]),
            data={"plan": plan_id, "before": None, **data},
        )

    after: dict[str, Value] = {"state": state.value, "total": plan["acting"]}
    if state is RunState.QUEUED:
        return [
            event("run.queued", f"Run of {said} waits", category=Category.RUN, level=Level.INFO, data={"after": after})
        ]
    totals: dict[str, Value] = {"state": state.value, "total": 0, "succeeded": 0, "failed": 0, "skipped": 0}
    if state is RunState.SUCCEEDED:
        message = f"Run of {said} succeeded: nothing to do"
        return [event("run.finished", message, category=Category.RUN, level=Level.INFO, data={"after": totals})]
    denial = event(
        "run.denied",
        f"Run of {said} is denied: {violations[0].message if violations else 'a policy denies it'}",
        category=Category.POLICY,
        level=Level.WARNING,
        data={
            "after": totals,
            "violations": [
                {"policy": one.policy, "message": one.message, "path": [node.id for node in one.nodes]}
                for one in violations
            ],
        },
    )
    end = event(
        "run.finished", f"Run of {said} was denied", category=Category.RUN, level=Level.WARNING, data={"after": totals}
    )
    return [denial, end]
