"""Runs that go on otherwise than they would by themselves: paused, resumed, confirmed, rejected, cancelled.

The graph holds what is to become of a run; the worker that has it reads that with its next write or renewal, and at
once where Redis carries the nudge. Each may be asked again and again: what is so already is left as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from app.domain import idempotency
from app.domain.access import Action
from app.domain.changes import Change
from app.domain.events import Category, EventDraft, Level
from app.domain.rows import number, texts
from app.domain.runs import RunState, project_of
from app.domain.waiting import WaitKind, line
from app.errors import Conflict, InvalidInput, NotFound
from app.ports import JobQueue
from app.transactions import Row, Transaction, Value

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class _Locked:
    """A run that the transaction holds."""

    id: str
    state: RunState
    held: bool
    row: Row

    @property
    def said(self) -> str:
        """What it is, for people."""
        return f"Run of {self.row['application_id']} in {self.row['environment_id']}"

    @property
    def confirmable(self) -> bool:
        """Whether someone has to confirm before it goes on."""
        return any(one.startswith(f"{WaitKind.PERSON}:") for one in texts(self.row["waiting_for"] or []))


@dataclass(frozen=True, slots=True)
class _Queued:
    """Where a run waits for its turn again."""

    project: str
    attempt: int
    priority: int


@dataclass(frozen=True, slots=True)
class _Told:
    """What a worker has to be told about a run once that is committed."""

    nudge: bool = False
    queued: _Queued | None = None


_Work = Callable[[Transaction, _Locked], Awaitable[_Told]]


async def cancel_run(
    change: Change, queue: JobQueue, *, run_id: str, reason: str | None = None, idempotency_key: str | None = None
) -> str:
    """Let a run end: at once where no worker has it, else as soon as its steps have stopped. Returns its id.

    `reason` (up to 500 characters) is told. Raises NotFound, Conflict where it has ended otherwise, InvalidInput,
    Forbidden.
    """
    why = f"cancelled by {change.actor.name}{_said(reason)}"

    async def work(transaction: Transaction, run: _Locked) -> _Told:
        return await _cancel(change, transaction, run, why)

    return await _control(change, queue, "cancel_run", run_id, work, content=[reason], key=idempotency_key)


async def pause_run(change: Change, queue: JobQueue, *, run_id: str, idempotency_key: str | None = None) -> str:
    """Let no step of a run begin until it is resumed; those under way come to their ends. As `cancel_run`."""

    async def work(transaction: Transaction, run: _Locked) -> _Told:
        if run.state is RunState.PAUSED:
            return _Told()
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            raise _ended(run, "paused")
        reason = line(WaitKind.PAUSED, change.actor.id)
        return await _direct(
            change, transaction, run, RunState.PAUSED, type="run.paused", verb="was paused", reason=reason
        )

    return await _control(change, queue, "pause_run", run_id, work, key=idempotency_key)


async def resume_run(change: Change, queue: JobQueue, *, run_id: str, idempotency_key: str | None = None) -> str:
    """Let a paused run go on. Raises Conflict where it waits for someone to confirm; else as `cancel_run`."""

    async def work(transaction: Transaction, run: _Locked) -> _Told:
        if run.state in (RunState.QUEUED, RunState.RUNNING):
            return _Told()
        if run.state is not RunState.PAUSED:
            raise _ended(run, "resumed")
        if run.confirmable:
            raise Conflict(f"run {run.id} waits for someone to confirm: confirm or reject it", "run")
        return await _go_on(change, transaction, run, type="run.continued", verb="goes on")

    return await _control(change, queue, "resume_run", run_id, work, key=idempotency_key)


async def confirm_run(change: Change, queue: JobQueue, *, run_id: str, idempotency_key: str | None = None) -> str:
    """Let a run that waits for it go on after its wave.

    Raises Conflict where it does not wait for that; else as `cancel_run`.
    """

    async def work(transaction: Transaction, run: _Locked) -> _Told:
        if not run.confirmable:
            raise Conflict(f"run {run.id} is {run.state} and waits for nobody to confirm it", "run")
        return await _go_on(change, transaction, run, type="run.confirmed", verb="was confirmed", confirmed=True)

    return await _control(change, queue, "confirm_run", run_id, work, key=idempotency_key)


async def reject_run(
    change: Change, queue: JobQueue, *, run_id: str, reason: str | None = None, idempotency_key: str | None = None
) -> str:
    """End a run that waits for someone to confirm it. As `confirm_run`."""
    why = f"rejected by {change.actor.name}{_said(reason)}"

    async def work(transaction: Transaction, run: _Locked) -> _Told:
        if not run.confirmable:
            raise Conflict(f"run {run.id} is {run.state} and waits for nobody to confirm it", "run")
        return await _cancel(change, transaction, run, why)

    return await _control(change, queue, "reject_run", run_id, work, content=[reason], key=idempotency_key)


async def _control(
    change: Change,
    queue: JobQueue,
    name: str,
    run_id: str,
    work: _Work,
    *,
    content: list[Value] | None = None,
    key: str | None,
) -> str:
    request = idempotency.request(change.actor, name, key, content=[run_id, *(content or [])])

    async def controlled(transaction: Transaction) -> _Told:
        if request is not None and await request.answered(transaction) is not None:
            return _Told()
        rows = await transaction.run("runs/lock_run", id=run_id, operation=transaction.operation.id)
        if not rows:
            raise NotFound(f"there is no Run {run_id}", "run")
        told = await work(transaction, _Locked(run_id, RunState(str(rows[0]["state"])), bool(rows[0]["held"]), rows[0]))
        if request is not None:
            await request.keep(transaction, run_id)
        return told

    told = await change.commit(name, controlled, action=Action.DEPLOY)
    if told.nudge:
        await queue.nudge(change.actor.tenant, run_id)
    if told.queued is not None:
        again = told.queued
        await queue.enqueue(
            change.actor.tenant, run_id, project=again.project, attempt=again.attempt, priority=again.priority
        )
    return run_id


async def _cancel(change: Change, transaction: Transaction, run: _Locked, why: str) -> _Told:
    if run.state in (RunState.CANCELLING, RunState.CANCELLED):
        return _Told()
    if run.state.final:
        raise _ended(run, "cancelled")
    if run.held:
        return await _direct(
            change, transaction, run, RunState.CANCELLING, type="run.cancelling", verb=f"is being stopped: {why}"
        )
    totals = (await transaction.run("runs/cancel_run", id=run.id, message=why))[0]
    after: dict[str, Value] = {name: totals[name] for name in ("total", "succeeded", "failed", "skipped")}
    draft = _event(
        change,
        run,
        "run.finished",
        version=number(totals["version"]),
        message=f"{run.said} was {why}",
        after={"state": RunState.CANCELLED.value, **after},
    )
    await change.record(transaction, [draft])
    return _Told()


async def _go_on(
    change: Change, transaction: Transaction, run: _Locked, *, type: str, verb: str, confirmed: bool = False
) -> _Told:
    state = RunState.RUNNING if run.held else RunState.QUEUED
    return await _direct(change, transaction, run, state, type=type, verb=verb, confirmed=confirmed)


async def _direct(
    change: Change,
    transaction: Transaction,
    run: _Locked,
    state: RunState,
    *,
    type: str,
    verb: str,
    reason: str | None = None,
    confirmed: bool = False,
) -> _Told:
    waiting = [line(WaitKind.WORKER)] if state is RunState.QUEUED else [] if reason is None else [reason]
    row = (
        await transaction.run("runs/direct_run", id=run.id, state=state.value, waiting_for=waiting, confirmed=confirmed)
    )[0]
    draft = _event(
        change,
        run,
        type,
        version=number(row["version"]),
        message=f"{run.said} {verb} by {change.actor.name}" if " by " not in verb else f"{run.said} {verb}",
        after={"state": state.value},
    )
    await change.record(transaction, [draft])
    project = project_of(str(run.row["application_id"]))
    again = _Queued(project, number(row["attempts"]), number(row["priority"])) if state is RunState.QUEUED else None
    return _Told(nudge=run.held, queued=again)


def _event(
    change: Change, run: _Locked, type: str, *, version: int, message: str, after: Mapping[str, Value]
) -> EventDraft:
    return EventDraft(
        type=type,
        category=Category.RUN,
        level=Level.WARNING,
        subject=run.id,
        subject_label="Run",
        subject_version=version,
        actor=change.actor.id,
        # Of the run, and not of this request: who follows the run sees it.
        correlation_id=str(run.row["correlation_id"]),
        message=message,
        application_id=str(run.row["application_id"]),
        environment_id=str(run.row["environment_id"]),
        data={"run": run.id, "before": {"state": run.state.value}, "after": after},
    )


def _ended(run: _Locked, verb: str) -> Conflict:
    return Conflict(f"run {run.id} is {run.state} and cannot be {verb} any more", "run")


def _said(reason: str | None) -> str:
    if not reason:
        return ""
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(f"a reason has at most {LONGEST_REASON} characters", "reason")
    return f": {reason}"
