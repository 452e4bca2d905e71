"""The ledger of runs under way: claimed by one worker at a time, written with its fence, ended once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from app.domain import events, planning, run_events, versions
from app.domain.changes import batches
from app.domain.planning import Place, StepAction
from app.domain.rows import listed, number, texts
from app.domain.run_records import Claim, Mark, Report, RunStep, StepEnd, StepState
from app.domain.runs import OnFailure
from app.graph import Graph, KeyTaken, Operation, Row, Transaction, Value
from app.ids import Ids
from app.ports import Doorbell

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
    "version_id",
    "image",
    "replicas",
    "ports",
    "environment",
    "command",
    "args",
    "cpu_request",
    "cpu_limit",
    "memory_request",
    "memory_limit",
    "probe_kind",
    "probe_port",
    "probe_path",
    "deadline_seconds",
)
_RECORDED_STATUS: Final = {
    StepState.SUCCEEDED: "succeeded",
    StepState.FAILED: "failed",
    StepState.ERROR: "error",
    StepState.UNKNOWN: "unknown",
}


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

    async def claim(self, tenant: str, run_id: str) -> Claim | None:
        """Take a run that waits or is overdue; None where another worker holds it, it has ended, or there is none.

        Raises GraphUnavailable, OutcomeUnknown.
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
            await events.record(
                transaction, self._ids, [run_events.claimed(claim, version=number(rows[0]["version"]), by=self._owner)]
            )
            return claim

        claim = await self._graph.transact(Operation(self._ids.new(), "claim_run", tenant), work)
        if claim is not None:
            await self._doorbell.ring(tenant)
        return claim

    async def steps(self, claim: Claim) -> tuple[RunStep, ...]:
        """All steps of a claimed run in the plan's order, in one statement. Raises GraphUnavailable."""
        row = (await self._graph.read("runs/load_steps", claim.tenant, run_id=claim.run_id))[0]
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
        found = (dict(zip(_STEP, listed(one), strict=True)) for one in listed(row["steps"]))
        return tuple(_step(place, one, frozenset(requires.get(str(one["key"]), ()))) for one in found)

    async def renew(self, claim: Claim) -> bool:
        """Hold the run for another lease; False where it is lost. Raises GraphUnavailable, OutcomeUnknown."""
        rows = await self._graph.write(
            "runs/renew_lease",
            claim.tenant,
            id=claim.run_id,
            fence=claim.fence,
            lease_ms=self._lease_ms,
            operation=self._ids.new(),
        )
        return bool(rows)

    async def release(self, claim: Claim) -> None:
        """Give the run back, so that another worker takes it up without waiting for the lease to end.

        Raises GraphUnavailable, OutcomeUnknown.
        """
        await self._graph.write(
            "runs/release_run", claim.tenant, id=claim.run_id, fence=claim.fence, operation=self._ids.new()
        )

    async def report(self, claim: Claim, report: Report, *, operation_id: str) -> None:
        """Write a report in one transaction, and renew the lease with it.

        A repeat with the same `operation_id` after an unknown outcome writes nothing twice. Raises RunLost where the
        fence is stale, GraphUnavailable, OutcomeUnknown.
        """

        async def work(transaction: Transaction) -> None:
            await self._write(transaction, claim, report)

        try:
            await self._graph.transact(Operation(operation_id, "report_run", claim.tenant), work)
        except KeyTaken:
            if not await self._graph.read("operations/find_operation", claim.tenant, id=operation_id):
                raise
        await self._doorbell.ring(claim.tenant)

    async def overdue(self, tenant: str, *, patience: float) -> tuple[tuple[str, int], ...]:
        """Runs that nobody took within `patience` seconds, or whose worker fell silent: their ids, and how often rung.

        Each is returned to one caller only, and again after `patience`. Raises GraphUnavailable, OutcomeUnknown.
        """
        rows = await self._graph.write("runs/ring_overdue", tenant, patience_ms=int(patience * 1000))
        return tuple((str(row["id"]), number(row["rings"])) for row in rows)

    async def _write(self, transaction: Transaction, claim: Claim, report: Report) -> None:
        states = [end.state for end in report.ends]
        held = await transaction.run(
            "runs/hold_run",
            id=claim.run_id,
            fence=claim.fence,
            lease_ms=self._lease_ms,
            succeeded=states.count(StepState.SUCCEEDED),
            failed=sum(states.count(state) for state in (StepState.FAILED, StepState.ERROR, StepState.UNKNOWN)),
            skipped=states.count(StepState.SKIPPED),
            operation=transaction.operation.id,
        )
        if not held:
            raise RunLost(claim.run_id)
        version = number(held[0]["version"])
        await self._write_steps(transaction, claim, report)
        drafts = run_events.steps(claim, report, version=version)
        written = await self._write_deployments(transaction, claim, report)
        drafts += run_events.deployed(claim, report, versions=written)
        if report.end is not None:
            rows = await transaction.run(
                "runs/finish_run",
                id=claim.run_id,
                fence=claim.fence,
                state=report.end.state.value,
                error=report.end.error,
            )
            drafts.append(run_events.finished(claim, report.end, totals=rows[0]))
        for some in batches(drafts):
            await events.record(transaction, self._ids, some)
        # Only now: the events above point to what is removed.
        for gone in batches([end.step.key for end in report.ends if _removed(end)]):
            await transaction.run("runs/remove_deployments", ids=gone)

    async def _write_steps(self, transaction: Transaction, claim: Claim, report: Report) -> None:
        for ids in batches([step.id for step in report.pending]):
            await transaction.run("runs/mark_steps", fence=claim.fence, ids=ids)
        for notes in batches(_notes(report, {end.step.id for end in report.ends})):
            await transaction.run("runs/note_steps", fence=claim.fence, rows=notes)
        ends: list[Value] = [_end(end) for end in report.ends]
        for some in batches(ends):
            await transaction.run("runs/end_steps", fence=claim.fence, rows=some)

    async def _write_deployments(self, transaction: Transaction, claim: Claim, report: Report) -> Mapping[str, int]:
        written: dict[str, int] = {}
        for batch in batches(_deployment_rows(report)):
            rows = await transaction.run(
                "runs/record_deployments",
                run_id=claim.run_id,
                application_id=claim.application_id,
                environment_id=claim.environment_id,
                rows=batch,
            )
            written.update({str(row["id"]): number(row["version"]) for row in rows})
        return written


def _removed(end: StepEnd) -> bool:
    return end.step.action is StepAction.DELETE and end.state is StepState.SUCCEEDED


def _notes(report: Report, ended: Collection[str]) -> list[Value]:
    rows: dict[str, dict[str, Value]] = {}

    def row(step: RunStep) -> dict[str, Value]:
        return rows.setdefault(step.id, {"id": step.id})

    for start in report.starts:
        row(start.step).update(state=StepState.RUNNING.value, started_ms=_milliseconds(start.at), attempt=start.attempt)
    for note in report.notes:
        row(note.step).update(message=note.message)
    for step, keys in report.waiting:
        row(step).update(waiting_for=list(keys))
    return [one for id, one in rows.items() if id not in ended]


def _end(end: StepEnd) -> dict[str, Value]:
    marks = {StepState.SUCCEEDED: Mark.APPLIED.value, StepState.SKIPPED: None}
    return {
        "id": end.step.id,
        "state": end.state.value,
        "message": end.message,
        "error": end.message if end.state.bad else None,
        "attempt": end.attempt,
        "mark": marks.get(end.state, Mark.PENDING.value),
        "outputs": list(end.outputs),
        "started_ms": None if end.started_at is None else _milliseconds(end.started_at),
        "finished_ms": _milliseconds(end.at),
        "duration_ms": end.duration_ms,
    }


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _deployment_rows(report: Report) -> list[Value]:
    ended = {end.step.key for end in report.ends}
    rows: dict[str, Value] = {
        start.step.key: _deployment(start.step, status="running", message="")
        for start in report.starts
        if start.step.key not in ended
    }
    for end in report.ends:
        status = "removed" if _removed(end) else _RECORDED_STATUS.get(end.state)
        if status is None:
            continue
        runs = end.state is StepState.SUCCEEDED and not _removed(end)
        rows[end.step.key] = _deployment(
            end.step,
            status=status,
            message=end.message,
            version_id=end.step.version_id if runs else None,
            outputs=end.outputs if runs else (),
        )
    return list(rows.values())


def _deployment(
    step: RunStep, *, status: str, message: str, version_id: str | None = None, outputs: Sequence[str] = ()
) -> dict[str, Value]:
    return {
        "id": step.key,
        "service_id": step.target.service_id,
        "service_name": step.service_name,
        "kind": step.target.kind,
        "provider": step.provider,
        "depends_on": list(step.depends_on),
        "status": status,
        "message": message,
        "version_id": version_id,
        "outputs": list(outputs),
    }


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
    )


def _step(place: Place, row: Row, requires: frozenset[str]) -> RunStep:
    action = StepAction(str(row["action"]))
    target = planning.target(
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
        requires=requires,
        workload=versions.workload(target, row) if applies else None,
    )
