"""The ledger of runs under way: claimed by one worker at a time, written with its fence, ended once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from app.domain import events, names, plan_steps, references, rollbacks, run_events, run_reports, versions
from app.domain.access import Actor, Role
from app.domain.changes import batches, own_change
from app.domain.plan_steps import Place, StepAction
from app.domain.rows import listed, number, texts
from app.domain.run_records import Claim, Mark, Overdue, Report, RunStep, StepState
from app.domain.runs import OnFailure, RunState
from app.domain.workloads import Workload
from app.graph import Graph
from app.graph_failures import KeyTaken
from app.ids import Ids
from app.ports import Doorbell
from app.transactions import Operation, Reader, Row, Transaction, Value

_STEP: Final = (
    "id",
    "key",
    "state",
    "mark",
    "attempt",
    "waiting_for",
    "action",
    "kind",
    "wave",
    "service_id",
    "service_name",
    "provider",
    "previous_provider",
    "depends_on",
    "planned_version_id",
    "before",
    "after",
    *versions.COLUMNS,
)
First = Callable[[Claim, tuple[RunStep, ...]], Report | None]
"""What a worker writes at once of a run that it claims; it only computes."""
_UNDONE: Final = frozenset({RunState.FAILED, RunState.ERROR})


class RunLost(Exception):
    """Another worker has claimed the run, or it has ended: this one must write nothing more about it."""


class RunLedger:
    """Reads and writes the state of runs for a worker; `owner` names the worker, `lease` is in seconds."""

    def __init__(self, graph: Graph, ids: Ids, doorbell: Doorbell, *, owner: str, lease: float) -> None:
        self._graph = graph
        self._ids = ids
        self._doorbell = doorbell
        self._owner = owner
        self._lease_ms = int(lease * 1000)

    def operation_id(self) -> str:
        """An id for one report, the same for each try at writing it."""
        return self._ids.new()

    async def claim(self, tenant: str, run_id: str, *, first: First | None = None) -> Claim | None:
        """Take a run that waits or is overdue; None where another worker holds it, it has ended, or there is none.

        What `first` makes of the claim and the run's steps is written in the same transaction; None for nothing. It may
        be called more than once, and what it raises leaves the run unclaimed. Raises GraphUnavailable, OutcomeUnknown.
        """

        async def work(transaction: Transaction) -> Claim | None:
            rows = await transaction.run(
                "runs/claim_run",
                id=run_id,
                owner=self._owner,
                lease_ms=self._lease_ms,
                operation=transaction.operation.id,
            )
            if not rows:
                return None
            claim = _claim(tenant, run_id, rows[0])
            report = None if first is None else first(claim, await self._steps(transaction, claim))
            taken = run_events.claimed(claim, version=number(rows[0]["version"]), by=self._owner)
            await events.record(transaction, self._ids, [taken])
            if report is not None:
                await self._write(transaction, claim, report)
            return claim

        claim = await self._graph.transact(Operation(self._ids.new(), "claim_run", tenant), work)
        if claim is not None:
            await self._doorbell.ring(tenant)
        return claim

    async def steps(self, claim: Claim) -> tuple[RunStep, ...]:
        """All steps of a claimed run in the plan's order, in one statement. Raises GraphUnavailable."""
        return await self._steps(self._graph.reader(claim.tenant), claim)

    async def _steps(self, reader: Reader, claim: Claim) -> tuple[RunStep, ...]:
        row = (await reader.run("runs/load_steps", run_id=claim.run_id))[0]
        requires: dict[str, set[str]] = {}
        for key, required in (texts(pair) for pair in listed(row["requirements"])):
            requires.setdefault(key, set()).add(required)
        place = Place(
            tenant=claim.tenant,
            application_id=claim.application_id,
            environment_id=claim.environment_id,
            namespace=claim.namespace or "",
            provider="",
            provider_kinds=frozenset(),
        )
        found = [dict(zip(_STEP, listed(one), strict=True)) for one in listed(row["steps"])]
        # A run that repeats some steps does not wait for the others.
        own = {str(one["key"]) for one in found}
        return tuple(_step(place, one, own.intersection(requires.get(str(one["key"]), ()))) for one in found)

    async def inputs(self, claim: Claim, workload: Workload) -> Mapping[str, str]:
        """The outputs that a workload refers to, by reference. Raises OutputMissing, GraphUnavailable."""
        wanted = [one for there in references.references(workload).values() for one in there]
        if not wanted:
            return {}
        keys = sorted({names.deployment_id(one.service_id, claim.environment_id) for one in wanted})
        rows = await self._graph.read("runs/read_outputs", claim.tenant, ids=keys)
        return references.inputs(wanted, {str(row["service_id"]): texts(row["outputs"]) for row in rows})

    async def renew(self, claim: Claim) -> RunState | None:
        """Hold the run for another lease and return what is to become of it; None where it is lost.

        Raises GraphUnavailable, OutcomeUnknown.
        """
        rows = await self._graph.write(
            "runs/renew_lease",
            claim.tenant,
            id=claim.run_id,
            fence=claim.fence,
            lease_ms=self._lease_ms,
            operation=self._ids.new(),
        )
        return RunState(str(rows[0]["state"])) if rows else None

    async def park(self, claim: Claim, *, waiting_for: Sequence[str]) -> bool:
        """Let go of a run whose steps all wait for a person; False where it was told to go on, or is lost.

        `waiting_for` says why where nobody paused it. Raises GraphUnavailable, OutcomeUnknown.
        """

        async def work(transaction: Transaction) -> bool:
            rows = await transaction.run(
                "runs/park_run",
                id=claim.run_id,
                fence=claim.fence,
                waiting_for=list(waiting_for),
                operation=transaction.operation.id,
            )
            if rows and waiting_for:
                draft = run_events.waiting(claim, waiting_for, version=number(rows[0]["version"]))
                await events.record(transaction, self._ids, [draft])
            return bool(rows)

        parked = await self._graph.transact(Operation(self._ids.new(), "park_run", claim.tenant), work)
        await self._doorbell.ring(claim.tenant)
        return parked

    async def release(self, claim: Claim) -> None:
        """Give the run back, so that another worker takes it up without waiting for the lease to end.

        Raises GraphUnavailable, OutcomeUnknown.
        """
        await self._graph.write(
            "runs/release_run", claim.tenant, id=claim.run_id, fence=claim.fence, operation=self._ids.new()
        )

    async def report(self, claim: Claim, report: Report, *, operation_id: str) -> RunState:
        """Write a report in one transaction, and renew the lease with it; returns what is to become of the run.

        A repeat with the same `operation_id` after an unknown outcome writes nothing twice. Raises RunLost where the
        fence is stale, GraphUnavailable, OutcomeUnknown.
        """

        async def work(transaction: Transaction) -> RunState:
            return await self._write(transaction, claim, report)

        state = claim.state
        try:
            state = await self._graph.transact(Operation(operation_id, "report_run", claim.tenant), work)
        except (KeyTaken, RunLost) as error:
            if not await self._graph.read("operations/find_operation", claim.tenant, id=operation_id):
                raise
            # It was written before, and somebody may have paused or stopped the run since.
            told = await self.renew(claim)
            if told is None and report.end is None:
                raise RunLost(claim.run_id) from error
            state = told or state
        await self._doorbell.ring(claim.tenant)
        return state

    async def overdue(self, tenant: str, *, patience: float) -> tuple[Overdue, ...]:
        """Runs that nobody took within `patience` seconds, or whose worker fell silent.

        Each is returned to one caller only, and again after `patience`; what goes on waiting for its turn less and less
        often, up to 16 times that. Raises GraphUnavailable, OutcomeUnknown.
        """
        rows = await self._graph.write("runs/ring_overdue", tenant, patience_ms=int(patience * 1000))
        return tuple(
            Overdue(str(row["id"]), str(row["project"]), number(row["attempts"]), number(row["priority"]))
            for row in rows
        )

    async def _write(self, transaction: Transaction, claim: Claim, report: Report) -> RunState:
        recorded = run_reports.deployments(report)
        state, rows = await asyncio.gather(
            self._record(transaction, claim, report, recorded=list(recorded.values())),
            self._drafted(transaction, claim, report, recorded=recorded),
        )
        await events.append(transaction, rows)
        if report.end is not None:
            totals = await transaction.run(
                "runs/finish_run",
                id=claim.run_id,
                fence=claim.fence,
                state=report.end.state.value,
                error=report.end.error,
            )
            await events.record(transaction, self._ids, [run_events.finished(claim, report.end, totals=totals[0])])
        if report.end is not None and claim.on_failure is OnFailure.ROLLBACK and report.end.state in _UNDONE:
            await self._roll_back(transaction, claim, report)
        # Only now: the events above point to what is removed.
        for gone in batches([end.step.key for end in report.ends if run_reports.removed(end)]):
            await transaction.run("runs/remove_deployments", ids=gone)
        return state

    async def _record(
        self, transaction: Transaction, claim: Claim, report: Report, *, recorded: Sequence[Value]
    ) -> RunState:
        state, operation = claim.state, transaction.operation
        for steps, deployments, ends in run_reports.parts(report, recorded):
            states = [end.state for end in ends]
            held = await transaction.run(
                "runs/record_report",
                id=claim.run_id,
                fence=claim.fence,
                lease_ms=self._lease_ms,
                succeeded=states.count(StepState.SUCCEEDED),
                failed=sum(states.count(state) for state in (StepState.FAILED, StepState.ERROR, StepState.UNKNOWN)),
                skipped=states.count(StepState.SKIPPED),
                operation=operation.id,
                operation_name=None if transaction.recorded else operation.name,
                application_id=claim.application_id,
                environment_id=claim.environment_id,
                steps=steps,
                deployments=deployments,
            )
            if not held:
                raise RunLost(claim.run_id)
            transaction.recorded = True
            state = RunState(str(held[0]["state"]))
        return state

    async def _drafted(
        self, transaction: Transaction, claim: Claim, report: Report, *, recorded: Container[str]
    ) -> list[Value]:
        # Drafting hundreds of events takes a while: it begins once the database has what is to be recorded.
        await asyncio.sleep(0)
        drafts = [*run_events.steps(claim, report), *run_events.deployed(claim, report, recorded=recorded)]
        return events.rows(transaction, self._ids, drafts)

    async def _roll_back(self, transaction: Transaction, claim: Claim, report: Report) -> None:
        actor = Actor(claim.created_by, claim.tenant, claim.created_by, Role.ADMIN)
        change = own_change(
            self._graph, self._ids, doorbell=self._doorbell, actor=actor, correlation_id=claim.correlation_id
        )
        provider = next((end.step.provider for end in report.ends), "")
        place = Place(claim.tenant, claim.application_id, claim.environment_id, "", provider, frozenset())
        await rollbacks.roll_back(change, transaction, run_id=claim.run_id, place=place)


def _claim(tenant: str, run_id: str, row: Row) -> Claim:
    return Claim(
        tenant=tenant,
        run_id=run_id,
        fence=number(row["fence"]),
        attempts=number(row["attempts"]),
        plan_id=str(row["plan_id"]),
        application_id=str(row["application_id"]),
        environment_id=str(row["environment_id"]),
        namespace=None if row["namespace"] is None else str(row["namespace"]),
        on_failure=OnFailure(str(row["on_failure"])),
        created_by=str(row["created_by"]),
        correlation_id=str(row["correlation_id"]),
        total=number(row["total"]),
        state=RunState(str(row["state"])),
        confirm_after=None if row["confirm_after"] is None else number(row["confirm_after"]),
    )


def _step(place: Place, row: Row, requires: AbstractSet[str]) -> RunStep:
    action = StepAction(str(row["action"]))
    target = plan_steps.target(
        place, service_id=str(row["service_id"]), name=str(row["service_name"]), kind=str(row["kind"])
    )
    applies = action is not StepAction.DELETE and row["version_id"] is not None
    return RunStep(
        id=str(row["id"]),
        key=str(row["key"]),
        state=StepState(str(row["state"])),
        mark=None if row["mark"] is None else Mark(str(row["mark"])),
        attempt=number(row["attempt"]),
        action=action,
        wave=number(row["wave"]),
        target=target,
        service_name=str(row["service_name"]),
        provider=str(row["provider"]),
        previous_provider=None if row["previous_provider"] is None else str(row["previous_provider"]),
        depends_on=texts(row["depends_on"]),
        version_id=None if row["planned_version_id"] is None else str(row["planned_version_id"]),
        before=texts(row["before"]),
        after=texts(row["after"]),
        requires=frozenset(requires),
        workload=versions.workload(target, row) if applies else None,
    )
