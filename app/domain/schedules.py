"""Schedules: what is due is planned and deployed once for each time, by whichever worker looks first.

A worker takes what is due for a while, deploys under a key made of the schedule and the time, and then writes when it
is due next: a worker that dies in between is followed by another that finds the same run. No worker leads the others,
so that nothing stands still while a leader is away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from app.domain import cron as crons
from app.domain.access import Action, Actor, Role
from app.domain.changes import Change, own_change
from app.domain.cron import CatchUp, Due
from app.domain.events import Category, EventDraft, Level
from app.domain.rows import milliseconds, number
from app.domain.runs import OnFailure, RunState, Wishes, deploy
from app.errors import Conflict, Refusal
from app.graph import Graph
from app.ids import Ids
from app.ports import Clock, Doorbell, JobQueue
from app.transactions import Row, Transaction, Value

GRACE: Final = timedelta(minutes=5)
"""What is late by less is not missed yet."""
TAKEN: Final = timedelta(seconds=60)
"""How long a worker may take over one schedule before another tries."""
MOST: Final = 100


def check_cron(value: Value) -> None:
    """Raises ValueError for what is no time that comes again."""
    crons.parse(str(value), "UTC")


def check_zone(value: Value) -> None:
    """Raises ValueError for what is no time zone."""
    crons.parse("* * * * *", str(value))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a time that had come."""

    run_id: str | None = None
    problem: str | None = None
    again: bool = False


class Schedules:
    """Deploys what is due; `look` does it once for a tenant."""

    def __init__(self, graph: Graph, ids: Ids, doorbell: Doorbell, queue: JobQueue, clock: Clock) -> None:
        self._graph = graph
        self._ids = ids
        self._doorbell = doorbell
        self._queue = queue
        self._clock = clock

    async def look(self, tenant: str) -> int:
        """Deploy what is due now and return how many schedules were looked at.

        Raises GraphUnavailable, OutcomeUnknown.
        """
        now = self._clock.now()
        until = milliseconds(now + TAKEN)
        rows = await self._graph.write(
            "schedules/claim_due", tenant, now_ms=milliseconds(now), until_ms=until, most=MOST
        )
        for row in rows:
            await self._settle(tenant, row, now, until)
        return len(rows)

    async def _settle(self, tenant: str, row: Row, now: datetime, until: int) -> None:
        cron = crons.parse(str(row["cron"]), str(row["zone"]))
        change = self._change(tenant, str(row["id"]))
        if row["next_ms"] is None:
            await self._write(change, row, until, next_at=cron.after(now))
            return
        next_at = datetime.fromtimestamp(number(row["next_ms"]) / 1000, UTC)
        due = crons.due(cron, next_at, now, catch_up=CatchUp(str(row["catch_up"])), grace=GRACE)
        outcome = _Outcome(problem="no worker was there in time")
        if due.fires:
            outcome = await self._deploy(change, row, due)
        await self._write(
            change, row, until, next_at=next_at if outcome.again else due.next_at, due=due, outcome=outcome
        )

    async def _deploy(self, change: Change, row: Row, due: Due) -> _Outcome:
        try:
            started = await deploy(
                change,
                self._queue,
                application_id=str(row["application_id"]),
                environment_id=str(row["environment_id"]),
                wishes=Wishes(OnFailure(str(row["on_failure"]))),
                idempotency_key=f"{row['id']} {due.at.isoformat()}"[:200],
            )
        except Conflict as busy:
            # Whoever asked for each time gets each: this one is tried again.
            return _Outcome(problem=busy.message, again=row["catch_up"] == CatchUp.ALL)
        except Refusal as refusal:
            return _Outcome(problem=refusal.message)
        return _Outcome(started.run_id, "it was denied" if started.state is RunState.DENIED else None)

    async def _write(
        self,
        change: Change,
        row: Row,
        until: int,
        *,
        next_at: datetime,
        due: Due | None = None,
        outcome: _Outcome | None = None,
    ) -> None:
        found = outcome or _Outcome()

        async def work(transaction: Transaction) -> None:
            rows = await transaction.run(
                "schedules/settle_schedule",
                id=row["id"],
                until_ms=until,
                next_ms=milliseconds(next_at),
                reckoned_for=f"{row['cron']} {row['zone']}",
                last_ms=None if due is None else milliseconds(due.at),
                last_run_id=found.run_id,
                last_problem=found.problem,
                again=found.again,
            )
            if rows and due is not None:
                await change.record(transaction, [_event(change, row, due, found, next_at)])

        await change.commit("settle_schedule", work, action=Action.DEPLOY)

    def _change(self, tenant: str, id: str) -> Change:
        # It acts in its own name: whoever may change schedules may deploy.
        actor = Actor(id, tenant, id, Role.DEVELOPER)
        return own_change(self._graph, self._ids, doorbell=self._doorbell, actor=actor)


def _event(change: Change, row: Row, due: Due, outcome: _Outcome, next_at: datetime) -> EventDraft:
    done = outcome.problem is None
    after: Mapping[str, Value] = {
        "at": due.at.isoformat(),
        "run": outcome.run_id,
        "problem": outcome.problem,
        "nextAt": next_at.isoformat(),
    }
    return EventDraft(
        type="schedule.fired" if done else "schedule.refused" if due.fires else "schedule.missed",
        category=Category.RUN,
        level=Level.INFO if done else Level.WARNING,
        subject=str(row["id"]),
        subject_label="Schedule",
        subject_version=number(row["version"]),
        actor=change.actor.id,
        correlation_id=change.correlation_id,
        message=f"Schedule {row['id']} for {due.at.isoformat()}: {outcome.problem or f'run {outcome.run_id}'}",
        application_id=str(row["application_id"]),
        environment_id=str(row["environment_id"]),
        data={"before": None, "after": after},
    )
