"""Runs: a plan is carried out once, as it was computed, or refused with the reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

import orjson

from app.domain.access import Action, require
from app.domain.changes import BATCH, Change
from app.domain.events import Category, EventDraft, Level
from app.domain.planning import PlanState
from app.domain.plans import create_plan
from app.domain.rows import texts
from app.errors import Conflict, InvalidInput, NotFound, PathNode, StalePlan, Violation
from app.graph import Reader, Row, Transaction, Value
from app.ports import JobQueue

MAX_KEY_LENGTH = 200
_SAID = 20


class RunState(StrEnum):
    """Where a run is; all but the first two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERROR = "error"
    DENIED = "denied"
    CANCELLED = "cancelled"


class OnFailure(StrEnum):
    """What a run does once a step failed: skip what has not started, or go on with what does not need it."""

    STOP = "stop"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class Started:
    """The answer to a request for a run; `repeated` says that an earlier request with the same key made it."""

    run_id: str
    plan_id: str
    state: RunState
    repeated: bool = False
    violations: tuple[Violation, ...] = ()


async def create_run(
    change: Change,
    queue: JobQueue,
    *,
    plan_id: str,
    on_failure: OnFailure = OnFailure.STOP,
    idempotency_key: str | None = None,
) -> Started:
    """Let a plan be carried out.

    A plan that a policy blocks gives a run that ended as denied, an empty plan one that ended as succeeded. The same
    `idempotency_key` (1..200 characters, one's own) gives the first answer again. Raises NotFound, StalePlan naming
    what moved, Conflict (another run is under way; the key was used for something else), InvalidInput, Forbidden.
    """
    require(change.actor, Action.DEPLOY)
    fingerprint = _fingerprint(plan_id, on_failure.value)
    return await _create(change, queue, plan_id, on_failure, key=_key(change, idempotency_key), fingerprint=fingerprint)


async def deploy(
    change: Change,
    queue: JobQueue,
    *,
    application_id: str,
    environment_id: str,
    on_failure: OnFailure = OnFailure.STOP,
    idempotency_key: str | None = None,
) -> Started:
    """Plan an application in an environment and carry the plan out. As `create_plan` and `create_run`."""
    require(change.actor, Action.DEPLOY)
    key = _key(change, idempotency_key)
    fingerprint = _fingerprint(application_id, environment_id, on_failure.value)
    if key is not None:
        there = await _answer(change.graph.reader(change.actor.tenant), key, fingerprint)
        if there is not None:
            return there
    planned = await create_plan(change, application_id=application_id, environment_id=environment_id)
    return await _create(change, queue, planned.id, on_failure, key=key, fingerprint=fingerprint)


def _key(change: Change, given: str | None) -> str | None:
    if given is None:
        return None
    if not 1 <= len(given) <= MAX_KEY_LENGTH:
        raise InvalidInput(f"an idempotency key has 1 to {MAX_KEY_LENGTH} characters", "idempotencyKey")
    return f"create_run:{change.actor.id}:{given}"


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


async def _answer(reader: Reader, key: str, fingerprint: str) -> Started | None:
    rows = await reader.run("runs/find_answer", id=key)
    if not rows:
        return None
    if rows[0]["fingerprint"] != fingerprint:
        raise Conflict("this idempotency key was used for another request", "idempotencyKey")
    run_id, plan_id, state = str(rows[0]["answer"]).split(" ")
    violations = await _violations(reader, plan_id) if state == RunState.DENIED else ()
    return Started(run_id, plan_id, RunState(state), repeated=True, violations=violations)


async def _create(
    change: Change, queue: JobQueue, plan_id: str, on_failure: OnFailure, *, key: str | None, fingerprint: str
) -> Started:
    run_id = change.ids.new()

    async def work(transaction: Transaction) -> Started:
        plan = await _locked_plan(transaction, plan_id)
        if key is not None:
            there = await _answer(transaction, key, fingerprint)
            if there is not None:
                return there
        await _refuse_stale(transaction, plan_id, plan)
        violations: tuple[Violation, ...] = ()
        if plan["state"] == PlanState.BLOCKED:
            state, violations = RunState.DENIED, await _violations(transaction, plan_id)
        elif plan["state"] == PlanState.EMPTY:
            state = RunState.SUCCEEDED
        else:
            state = RunState.QUEUED
            await _refuse_overlap(transaction, plan)
        await _store(change, transaction, run_id, plan_id, state=state, on_failure=on_failure, plan=plan)
        await change.record(transaction, _events(change, run_id, plan_id, state, plan=plan, violations=violations))
        if key is not None:
            await transaction.run(
                "runs/record_answer", id=key, answer=f"{run_id} {plan_id} {state}", fingerprint=fingerprint
            )
        return Started(run_id, plan_id, state, violations=violations)

    started = await change.commit("create_run", work, action=Action.DEPLOY)
    if started.state is RunState.QUEUED and not started.repeated:
        await queue.enqueue(change.actor.tenant, started.run_id, attempt=0)
    return started


async def _locked_plan(transaction: Transaction, plan_id: str) -> Row:
    rows = await transaction.run("runs/lock_plan", plan_id=plan_id, operation=transaction.operation.id)
    if not rows:
        raise NotFound(f"there is no Plan {plan_id}", "plan")
    if not rows[0]["present"]:
        application = str(rows[0]["application_id"])
        raise StalePlan(f"the plan is stale: {application} was deleted", (application,), "plan")
    return rows[0]


async def _refuse_stale(transaction: Transaction, plan_id: str, plan: Row) -> None:
    row = (await transaction.run("runs/find_moved_nodes", plan_id=plan_id))[0]
    moved = sorted({*texts(row["moved"]), *texts(row["gone"]), *texts(row["appeared"])})
    if moved:
        more = f" and {len(moved) - _SAID} more" if len(moved) > _SAID else ""
        raise StalePlan(
            f"the plan is stale: {', '.join(moved[:_SAID])}{more} changed since it was made; plan again",
            tuple(moved),
            "plan",
        )
    if row["found"] != plan["reads"]:
        raise StalePlan("the plan is stale: something it was made from was deleted; plan again", (), "plan")


async def _refuse_overlap(transaction: Transaction, plan: Row) -> None:
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
            )
        )
    return tuple(found)


async def _store(
    change: Change,
    transaction: Transaction,
    run_id: str,
    plan_id: str,
    *,
    state: RunState,
    on_failure: OnFailure,
    plan: Row,
) -> None:
    total = int(str(plan["acting"])) if state is RunState.QUEUED else 0
    await transaction.run(
        "runs/create_run",
        id=run_id,
        plan_id=plan_id,
        application_id=plan["application_id"],
        environment_id=plan["environment_id"],
        provider=plan["provider"],
        state=state.value,
        on_failure=on_failure.value,
        created_by=change.actor.id,
        correlation_id=change.correlation_id,
        total=total,
        error="a policy denies it" if state is RunState.DENIED else None,
    )
    for first in range(0, total, BATCH):
        ids = [change.ids.new() for _ in range(min(BATCH, total - first))]
        await transaction.run("runs/create_step_runs", run_id=run_id, plan_id=plan_id, first=first, ids=ids)


def _events(
    change: Change, run_id: str, plan_id: str, state: RunState, *, plan: Row, violations: tuple[Violation, ...]
) -> list[EventDraft]:
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
