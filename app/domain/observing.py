"""Observing: environments that are due are taken by one worker each, and what it found is written with its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from app.domain import events, plan_steps, versions
from app.domain.drift import Finding
from app.domain.events import Category, EventDraft, Level
from app.domain.plan_changes import pairs
from app.domain.plan_steps import Place
from app.domain.references import resolved
from app.domain.rows import milliseconds, number, texts
from app.domain.workloads import Workload
from app.graph import Graph
from app.ids import Ids
from app.ports import Clock, Doorbell
from app.transactions import Operation, Row, Transaction, Value

TAKEN: Final = timedelta(seconds=60)
"""How long a worker may take over one page of deployments before another takes the environment."""
PAGE: Final = 200
MOST: Final = 8
ACTOR: Final = "system:drift"


@dataclass(frozen=True, slots=True)
class Due:
    """An environment that this worker holds until `held_ms`; `asked_for` joins it to the request that wanted it."""

    tenant: str
    environment_id: str
    namespace: str
    held_ms: int
    asked_for: str | None = None
    ignore: tuple[str, ...] = ()
    heal: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A deployment that is recorded as running, with what the provider was given; None where that is being changed."""

    key: str
    version: int
    provider: str
    run_id: str | None
    workload: Workload | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deployments of an environment were looked at, and what came of it."""

    in_sync: int = 0
    drifted: int = 0
    unavailable: int = 0
    unknown: int = 0

    @property
    def said(self) -> str:
        """The numbers, for people."""
        parts = [f"{self.in_sync} as recorded", f"{self.drifted} drifted"]
        parts += [f"{self.unavailable} could not be asked"] if self.unavailable else []
        parts += [f"of {self.unknown} nothing is known"] if self.unknown else []
        return ", ".join(parts)


class Observations:
    """Takes environments that are due and writes what was found in them.

    `every` are the seconds between two looks at an environment that says nothing of its own; 0 is only when asked.
    """

    def __init__(self, graph: Graph, ids: Ids, doorbell: Doorbell, clock: Clock, *, every: int) -> None:
        self._graph = graph
        self._ids = ids
        self._doorbell = doorbell
        self._clock = clock
        self._every = every

    async def claim(self, tenant: str, providers: Sequence[str]) -> tuple[Due, ...]:
        """Take environments that are due now and that one of the `providers` can look at, at most a few at a time.

        Raises GraphUnavailable, OutcomeUnknown.
        """
        now = self._clock.now()
        until = milliseconds(now + TAKEN)
        rows = await self._graph.write(
            "drift/claim_due",
            tenant,
            now_ms=milliseconds(now),
            until_ms=until,
            every_seconds=self._every,
            most=MOST,
            providers=list(providers),
        )
        return tuple(
            Due(
                tenant=tenant,
                environment_id=str(row["id"]),
                namespace=str(row["namespace"]),
                held_ms=until,
                asked_for=None if row["asked_for"] is None else str(row["asked_for"]),
                ignore=texts(row["ignore"]),
                heal=row["heal"] is True,
            )
            for row in rows
        )

    async def page(self, due: Due, *, after: str) -> tuple[Standing, ...]:
        """The next deployments of the environment by id; fewer than PAGE are the last. Raises GraphUnavailable."""
        rows = await self._graph.read(
            "drift/list_standing", due.tenant, environment_id=due.environment_id, after_key=after, most=PAGE
        )
        return tuple(_standing(due, row) for row in rows)

    async def record(self, due: Due, findings: Sequence[Finding]) -> Due | None:
        """Write what was found, with an event for each finding that is new, and hold the environment on.

        Left alone is what has changed since it was read. None where another worker has the environment by now. Raises
        GraphUnavailable, OutcomeUnknown.
        """
        held = await self._renew(due)
        if held is None or not findings:
            return held
        found = {one.key: one for one in findings}
        now_ms = milliseconds(self._clock.now())

        async def work(transaction: Transaction) -> bool:
            rows = await transaction.run(
                "drift/record_findings",
                environment_id=due.environment_id,
                now_ms=now_ms,
                operation=transaction.operation.id,
                rows=[_row(one) for one in findings],
            )
            drafts = [self._event(due, found[str(row["id"])], row) for row in rows if row["changed"] is True]
            await events.record(transaction, self._ids, drafts)
            return bool(drafts)

        if await self._graph.transact(Operation(self._ids.new(), "record_findings", due.tenant), work):
            await self._doorbell.ring(due.tenant)
        return held

    async def settle(self, due: Due, tally: Tally) -> None:
        """Let go of the environment until it is due again; who asked for it is told by an event.

        Raises GraphUnavailable, OutcomeUnknown.
        """
        now = self._clock.now()

        async def work(transaction: Transaction) -> None:
            rows = await transaction.run(
                "drift/settle_environment",
                id=due.environment_id,
                held_ms=due.held_ms,
                now_ms=milliseconds(now),
                asked_for=due.asked_for,
            )
            if rows and due.asked_for is not None:
                draft = _observed(due, tally, version=number(rows[0]["version"]), at=now)
                await events.record(transaction, self._ids, [draft])

        await self._graph.transact(Operation(self._ids.new(), "settle_environment", due.tenant), work)
        if due.asked_for is not None:
            await self._doorbell.ring(due.tenant)

    async def _renew(self, due: Due) -> Due | None:
        until = milliseconds(self._clock.now() + TAKEN)
        rows = await self._graph.write(
            "drift/renew_claim", due.tenant, id=due.environment_id, held_ms=due.held_ms, until_ms=until
        )
        return replace(due, held_ms=until) if rows else None

    def _event(self, due: Due, found: Finding, row: Row) -> EventDraft:
        return EventDraft(
            type="deployment.drifted" if found.fields else "deployment.drift.cleared",
            category=Category.RUN,
            level=Level.WARNING if found.fields else Level.INFO,
            subject=found.key,
            subject_label="Deployment",
            subject_version=number(row["version"]),
            actor=ACTOR,
            correlation_id=due.asked_for or self._ids.new(),
            message=f"{found.key} {found.said}",
            application_id=str(row["application_id"]),
            environment_id=due.environment_id,
            data={
                "before": {one.field: one.recorded for one in found.fields},
                "after": {one.field: one.observed for one in found.fields},
            },
        )


def _observed(due: Due, tally: Tally, *, version: int, at: datetime) -> EventDraft:
    after: dict[str, Value] = {
        "at": at.isoformat(),
        "inSync": tally.in_sync,
        "drifted": tally.drifted,
        "unavailable": tally.unavailable,
        "unknown": tally.unknown,
    }
    return EventDraft(
        type="environment.drift.observed",
        category=Category.RUN,
        level=Level.WARNING if tally.unavailable else Level.INFO,
        subject=due.environment_id,
        subject_label="Environment",
        subject_version=version,
        actor=ACTOR,
        correlation_id=str(due.asked_for),
        message=f"{due.environment_id} was observed: {tally.said}",
        environment_id=due.environment_id,
        data={"before": None, "after": after},
    )


def _row(found: Finding) -> Value:
    return {
        "key": found.key,
        "version": found.version,
        "drifted": bool(found.fields),
        "observed": list(found.observed),
        "expected": list(found.expected),
    }


def _standing(due: Due, row: Row) -> Standing:
    workload = None
    if row["version_id"] is not None and row["busy"] is not True:
        place = Place(due.tenant, str(row["application_id"]), due.environment_id, due.namespace, "", frozenset())
        target = plan_steps.target(
            place, service_id=str(row["service_id"]), name=str(row["service_name"]), kind=str(row["kind"])
        )
        workload = resolved(versions.workload(target, row), pairs(texts(row["inputs"])))
    return Standing(
        key=str(row["key"]),
        version=number(row["version"]),
        provider=str(row["provider"]),
        run_id=None if row["run_id"] is None else str(row["run_id"]),
        workload=workload,
    )
