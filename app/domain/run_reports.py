"""A worker's report as rows: what each statement that records it is given of steps and deployments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from app.domain.changes import batches
from app.domain.plan_steps import StepAction
from app.domain.rows import milliseconds
from app.domain.run_records import Mark, Report, RunStep, StepEnd, StepState
from app.transactions import Value

_RECORDED_STATUS: Final = {
    StepState.SUCCEEDED: "succeeded",
    StepState.FAILED: "failed",
    StepState.ERROR: "error",
    StepState.UNKNOWN: "unknown",
}


def parts(
    report: Report, deployments: Sequence[Value]
) -> Iterator[tuple[Sequence[Value], Sequence[Value], Sequence[StepEnd]]]:
    """What each statement of a report writes: steps, deployments, and the ends that it counts; at least one."""
    noted = list(batches(_steps(report)))
    recorded = list(batches(deployments))
    for place in range(max(1, len(noted), len(recorded))):
        yield (
            noted[place] if place < len(noted) else [],
            recorded[place] if place < len(recorded) else [],
            () if place else report.ends,
        )


def removed(end: StepEnd) -> bool:
    """Whether the step has taken its deployment away."""
    return end.step.action is StepAction.DELETE and end.state is StepState.SUCCEEDED


def _steps(report: Report) -> list[Value]:
    """One row a step: what changes of it, and the times in milliseconds."""
    rows: dict[str, dict[str, Value]] = {}
    changes: dict[str, dict[str, Value]] = {}

    def changed(step: RunStep, **properties: Value) -> dict[str, Value]:
        changes.setdefault(step.id, {}).update(properties)
        return rows.setdefault(step.id, {"id": step.id, "started_ms": None, "finished_ms": None})

    for step in report.pending:
        changed(step, mark=Mark.PENDING.value, waiting_for=[])
    for step in report.withdrawn:
        changed(step, mark=None)
    for wait in report.waiting:
        changed(wait.step, waiting_for=list(wait.reasons))
    for start in report.starts:
        row = changed(start.step, state=StepState.RUNNING.value, attempt=start.attempt, waiting_for=[])
        row["started_ms"] = milliseconds(start.at)
    for note in report.notes:
        changed(note.step, message=note.message)
    for end in report.ends:
        row = changed(end.step, **_end(end))
        row["started_ms"] = None if end.started_at is None else milliseconds(end.started_at)
        row["finished_ms"] = milliseconds(end.at)
    return [{**row, "properties": changes[id]} for id, row in rows.items()]


def _end(end: StepEnd) -> dict[str, Value]:
    marks = {StepState.SUCCEEDED: Mark.APPLIED.value, StepState.SKIPPED: None}
    return {
        "state": end.state.value,
        "message": end.message,
        "error": end.message if end.state.bad else None,
        "attempt": end.attempt,
        "mark": marks.get(end.state, Mark.PENDING.value),
        "outputs": list(end.outputs),
        "waiting_for": [],
        "duration_ms": end.duration_ms,
    }


def deployments(report: Report) -> dict[str, Value]:
    """What is recorded of deployments, by id."""
    ended = {end.step.key for end in report.ends}
    rows: dict[str, Value] = {
        start.step.key: _deployment(start.step, status="running", message="")
        for start in report.starts
        if start.step.key not in ended
    }
    for end in report.ends:
        status = "removed" if removed(end) else _RECORDED_STATUS.get(end.state)
        if end.state is StepState.SKIPPED and end.started_at is not None:
            status = "cancelled"
        if status is None:
            continue
        runs = end.state is StepState.SUCCEEDED and not removed(end)
        rows[end.step.key] = _deployment(
            end.step,
            status=status,
            message=end.message,
            version_id=end.step.version_id if runs else None,
            outputs=end.outputs if runs else (),
        )
    return rows


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
        "inputs": list(step.inputs),
    }
