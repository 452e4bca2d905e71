"""Healing: where an environment says so, what has drifted in it is planned and deployed without being asked.

Whatever holds for people holds here: policies, approvals, freezes. A plan that waits for somebody to agree is made once
for a finding, and carried out once they have. What comes back again and again is put back less and less often.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.domain import plans, runs
from app.domain.access import Action, Actor, Role
from app.domain.changes import Change, own_change
from app.domain.events import Category, EventDraft, Level
from app.domain.observing import ACTOR, Due
from app.domain.rows import milliseconds, number, texts
from app.domain.runs import RunState
from app.errors import ApprovalRequired, Conflict, Refusal, StalePlan
from app.graph import Graph
from app.ids import Ids
from app.ports import Clock, Doorbell, JobQueue
from app.transactions import Row, Transaction

FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)


def pause(heals: int) -> timedelta:
    """How long nothing is healed after so many tries in a row: a minute, then twice that, at most an hour."""
    return min(LONGEST, FIRST * (1 << min(max(heals - 1, 0), 10)))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one try: the event that tells it, or none; `plan_id` waits for somebody."""

    type: str | None = None
    message: str = ""
    plan_id: str | None = None
    counts: bool = True


class Healing:
    """Deploys the applications that have drifted in an environment."""

    def __init__(self, graph: Graph, ids: Ids, doorbell: Doorbell, queue: JobQueue, clock: Clock) -> None:
        self._graph = graph
        self._ids = ids
        self._doorbell = doorbell
        self._queue = queue
        self._clock = clock

    async def heal(self, due: Due) -> int:
        """Put back what has drifted, as far as it is time to; returns how many applications were tried.

        Raises GraphUnavailable, OutcomeUnknown.
        """
        now_ms = milliseconds(self._clock.now())
        rows = await self._graph.read("drift/list_healable", due.tenant, environment_id=due.environment_id)
        timely = [row for row in rows if number(row["after_ms"]) <= now_ms]
        for row in timely:
            await self._one(due, row)
        return len(timely)

    async def _one(self, due: Due, row: Row) -> None:
        actor = Actor(ACTOR, due.tenant, ACTOR, Role.DEVELOPER)
        change = own_change(self._graph, self._ids, doorbell=self._doorbell, actor=actor, correlation_id=due.asked_for)
        waiting = None if row["plan_id"] is None else str(row["plan_id"])
        outcome = await self._try(change, due, str(row["application_id"]), waiting)
        heals = number(row["heals"]) + (1 if outcome.counts else 0)
        after = self._clock.now() + (pause(heals) if outcome.counts else timedelta(0))

        async def work(transaction: Transaction) -> None:
            await transaction.run(
                "drift/record_healing",
                ids=list(texts(row["keys"])),
                heals=heals,
                after_ms=milliseconds(after),
                plan_id=outcome.plan_id,
            )
            if outcome.type is not None:
                await change.record(transaction, [_event(change, due, row, outcome)])

        await change.commit("record_healing", work, action=Action.DEPLOY)

    async def _try(self, change: Change, due: Due, application_id: str, waiting: str | None) -> _Outcome:
        plan_id = waiting
        try:
            if plan_id is not None:
                try:
                    return await self._run(change, plan_id)
                except StalePlan:
                    # Something else was seen, or is desired, since: that is another plan.
                    waiting = None
            planned = await plans.create_plan(change, application_id=application_id, environment_id=due.environment_id)
            plan_id = planned.id
            return await self._run(change, plan_id)
        except ApprovalRequired as gate:
            if waiting is not None:
                return _Outcome(plan_id=waiting, counts=False)
            said = f"healing waits for somebody to agree to plan {plan_id}: {'; '.join(gate.reasons)}"
            return _Outcome("application.drift.waiting", said, plan_id, counts=False)
        except Conflict:
            # Somebody else deploys here right now.
            return _Outcome(plan_id=waiting, counts=False)
        except Refusal as refusal:
            return _Outcome("application.drift.refused", f"healing was refused: {refusal.message}")

    async def _run(self, change: Change, plan_id: str) -> _Outcome:
        started = await runs.create_run(change, self._queue, plan_id=plan_id)
        if started.state is RunState.DENIED:
            reason = started.violations[0].message if started.violations else "a policy denies it"
            return _Outcome("application.drift.refused", f"healing was refused: {reason}")
        return _Outcome("application.drift.healing", f"is put back as desired by run {started.run_id}")


def _event(change: Change, due: Due, row: Row, outcome: _Outcome) -> EventDraft:
    application_id = str(row["application_id"])
    return EventDraft(
        type=str(outcome.type),
        category=Category.RUN,
        level=Level.INFO if outcome.type == "application.drift.healing" else Level.WARNING,
        subject=application_id,
        subject_label="Application",
        subject_version=None,
        actor=change.actor.id,
        correlation_id=change.correlation_id,
        message=f"{application_id} in {due.environment_id}: {outcome.message}",
        application_id=application_id,
        environment_id=due.environment_id,
        data={"before": None, "after": {"deployments": list(texts(row["keys"])), "plan": outcome.plan_id}},
    )
