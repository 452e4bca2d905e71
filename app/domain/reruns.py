"""Repeating a run: a new run of the same plan that begins at a step, or carries out only what did not succeed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from app.domain import idempotency
from app.domain.access import Action, require
from app.domain.changes import Change
from app.domain.plan_approval import refuse_unapproved
from app.domain.plans import EXTRA
from app.domain.policies import denials, glass
from app.domain.rows import listed, number, texts
from app.domain.runs import (
    DEFAULTS,
    OnFailure,
    RunState,
    Started,
    Wishes,
    answered,
    locked_plan,
    project_of,
    refuse_moved,
    refuse_overlap,
    run_drafts,
    store_run,
)
from app.errors import Conflict, InvalidInput, NotFound
from app.ports import JobQueue
from app.transactions import Row, Transaction


async def rerun(
    change: Change,
    queue: JobQueue,
    *,
    run_id: str,
    from_step: str | None = None,
    on_failure: OnFailure | None = None,
    idempotency_key: str | None = None,
) -> Started:
    """Carry out again what did not succeed in a run that has ended.

    With `from_step`, the key of one of its steps: that step and all that has to come after it as well, whether it
    succeeded or not. `on_failure` is that of the run where none is given. What the runs of the plan did themselves does
    not make the plan stale. Raises NotFound, StalePlan naming what moved otherwise, Conflict (it has not ended, nothing
    is left to do, another run is under way), PolicyDenied, InvalidInput (no such step), Forbidden.
    """
    require(change.actor, Action.DEPLOY)
    content = [run_id, from_step, None if on_failure is None else on_failure.value]
    request = idempotency.request(change.actor, "rerun", idempotency_key, content=content)
    new_id = change.ids.new()

    async def work(transaction: Transaction) -> Started:
        run = await _ended(transaction, run_id)
        plan_id = str(run["plan_id"])
        plan = await locked_plan(transaction, plan_id)
        there = await answered(transaction, request)
        if there is not None:
            return there
        refuse_unapproved(plan_id, plan)
        row = (await transaction.run("runs/read_repeatable", run_id=run_id))[0]
        refuse_moved(
            [*texts(row["moved"]), *texts(row["gone"]), *texts(row["appeared"])],
            whole=number(row["found"]) + number(row["removed"]) == number(plan["reads"]),
        )
        await refuse_overlap(transaction, plan)
        gate = await glass.at_gate(
            transaction,
            application_id=str(plan["application_id"]),
            environment_id=str(plan["environment_id"]),
            reason=None,
            made=glass.Made(plan_id, texts(plan["approval_reasons"] or [])),
        )
        if gate.violations:
            raise denials(gate.decisions, about=run_id, field="run")
        keys = _chosen(row, from_step)
        if not keys:
            raise Conflict(f"every step of run {run_id} succeeded: name the step to begin at", "fromStep")
        wishes = replace(DEFAULTS, on_failure=on_failure or OnFailure(str(run["on_failure"])))
        await _store(change, transaction, new_id, run_id, plan_id=plan_id, plan=plan, keys=keys, wishes=wishes)
        await glass.log(transaction, gate, ids=change.ids, run_id=new_id, actor=change.actor)
        if request is not None:
            await request.keep(transaction, f"{new_id} {plan_id} {RunState.QUEUED}")
        return Started(new_id, plan_id, RunState.QUEUED, project_of(str(plan["application_id"])))

    started = await change.commit("rerun", work, action=Action.DEPLOY, extra_seconds=EXTRA)
    if not started.repeated:
        await queue.enqueue(change.actor.tenant, started.run_id, project=started.project, attempt=0)
    return started


def chosen(states: Mapping[str, str], requires: Iterable[tuple[str, str]], from_step: str | None) -> list[str]:
    """The keys of the steps to repeat, in the order of `states`. Raises InvalidInput where there is no such step."""
    wanted = {key for key, state in states.items() if state != "succeeded"}
    if from_step is not None:
        if from_step not in states:
            raise InvalidInput(f"the run has no step {from_step}", "fromStep")
        users: dict[str, list[str]] = {}
        for key, required in requires:
            users.setdefault(required, []).append(key)
        wanted |= _following(from_step, users)
    return [key for key in states if key in wanted]


def _following(key: str, users: Mapping[str, Collection[str]]) -> set[str]:
    found, left = {key}, [key]
    while left:
        for user in users.get(left.pop(), ()):
            if user not in found:
                found.add(user)
                left.append(user)
    return found


def _chosen(row: Row, from_step: str | None) -> list[str]:
    steps = [texts(pair) for pair in listed(row["steps"])]
    pairs = [texts(pair) for pair in listed(row["requirements"])]
    return chosen({key: state for key, state, *_ in steps}, [(key, required) for key, required in pairs], from_step)


async def _ended(transaction: Transaction, run_id: str) -> Row:
    rows = await transaction.run("runs/lock_run", id=run_id, operation=transaction.operation.id)
    if not rows:
        raise NotFound(f"there is no Run {run_id}", "run")
    state = RunState(str(rows[0]["state"]))
    if not state.final or state is RunState.DENIED:
        said = "was denied" if state is RunState.DENIED else f"is {state}: wait until it has ended"
        raise Conflict(f"run {run_id} {said}", "run")
    return rows[0]


async def _store(
    change: Change,
    transaction: Transaction,
    new_id: str,
    run_id: str,
    *,
    plan_id: str,
    plan: Row,
    keys: list[str],
    wishes: Wishes,
) -> None:
    await store_run(
        change,
        transaction,
        new_id,
        plan_id,
        state=RunState.QUEUED,
        wishes=wishes,
        plan={**plan, "acting": len(keys)},
        repeats=(run_id, keys),
    )
    drafts = run_drafts(change, new_id, plan_id, RunState.QUEUED, plan={**plan, "acting": len(keys)})
    await change.record(transaction, drafts)
