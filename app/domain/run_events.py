"""The events of a run under way."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from app.domain.events import Category, EventDraft, Level
from app.domain.plan_steps import StepAction
from app.domain.run_records import Claim, Report, RunEnd, RunStep, StepEnd, StepState
from app.domain.runs import RunState
from app.domain.waiting import explain
from app.transactions import Row, Value

_ENDED = {
    StepState.SUCCEEDED: ("run.step.succeeded", Level.INFO),
    StepState.FAILED: ("run.step.failed", Level.ERROR),
    StepState.ERROR: ("run.step.error", Level.ERROR),
    StepState.SKIPPED: ("run.step.skipped", Level.WARNING),
    StepState.UNKNOWN: ("run.step.unknown", Level.ERROR),
}
_END_LEVELS = {RunState.SUCCEEDED: Level.INFO, RunState.CANCELLED: Level.WARNING}
_DONE = {StepAction.CREATE: "created", StepAction.UPDATE: "updated", StepAction.REPLACE: "replaced"}
_REMOVED = "removed"
_NOT_DONE = {StepState.SKIPPED: "cancelled"}


def claimed(claim: Claim, *, version: int, by: str) -> EventDraft:
    """A worker has taken the run, for the first time or from another."""
    first = claim.attempts == 1
    said = f"{claim.application_id} in {claim.environment_id}"
    return _of_run(
        claim,
        "run.started" if first else "run.resumed",
        version=version,
        message=f"Run of {said} started" if first else f"Run of {said} was taken up again",
        level=Level.INFO if first else Level.WARNING,
        data={"worker": by, "fence": claim.fence, "attempt": claim.attempts, "total": claim.total},
    )


def steps(claim: Claim, report: Report) -> list[EventDraft]:
    """What the report says about steps, in the order in which it happened, of the version that the run has then.

    A step that began and ended between two reports never stood in the graph as running: its end tells when it began.
    """
    ended = {end.step.id for end in report.ends}
    drafts = [
        _of_run(
            claim,
            "run.step.started",
            version=None,
            message=f"{start.step.service_name}: {start.step.action} started",
            data={**_named(start.step), "attempt": start.attempt, "startedAt": start.at.isoformat()},
        )
        for start in report.starts
        if start.step.id not in ended
    ]
    drafts += [
        _of_run(
            claim,
            "run.step.progress",
            version=None,
            message=f"{note.step.service_name}: {note.message}",
            level=Level.DEBUG,
            data={**_named(note.step), "message": note.message, "done": note.done, "total": note.total},
        )
        for note in report.notes
    ]
    return drafts + [_ended(claim, end) for end in report.ends]


def deployed(claim: Claim, report: Report, *, recorded: Container[str]) -> list[EventDraft]:
    """What became of deployments; `recorded` are the ids of those that were written."""
    drafts = []
    for end in report.ends:
        if end.step.key not in recorded:
            continue
        succeeded = end.state is StepState.SUCCEEDED
        verb = _DONE.get(end.step.action, _REMOVED) if succeeded else _NOT_DONE.get(end.state, "failed")
        drafts.append(
            _of_deployment(
                claim,
                end.step,
                f"deployment.{verb}",
                message=f"{end.step.key} was {verb}" if succeeded else f"{end.step.key} {verb}: {end.message}",
                level=Level.INFO if succeeded else Level.ERROR,
                after=None
                if verb == _REMOVED
                else {"status": end.state.value, "versionId": end.step.version_id, "lines": end.step.after},
            )
        )
    return drafts


def waiting(claim: Claim, reasons: Sequence[str], *, version: int) -> EventDraft:
    """Nothing more of the run begins until a person says so."""
    said = "; ".join(explain(one).text for one in reasons)
    return _of_run(
        claim,
        "run.waiting",
        version=version,
        message=f"Run of {claim.application_id} in {claim.environment_id} waits: {said}",
        level=Level.WARNING,
        data={"before": {"state": "running"}, "after": {"state": "paused"}, "waitingFor": list(reasons)},
    )


def finished(claim: Claim, end: RunEnd, *, totals: Row) -> EventDraft:
    """The run has ended; `totals` say how its steps ended."""
    counts: dict[str, Value] = {name: totals[name] for name in ("total", "succeeded", "failed", "skipped")}
    version = totals["version"]
    said = ", ".join(f"{counts[name]} {name}" for name in ("succeeded", "failed", "skipped"))
    return _of_run(
        claim,
        "run.finished",
        version=version if isinstance(version, int) else 0,
        message=f"Run of {claim.application_id} in {claim.environment_id} {end.state}: {said} of {counts['total']}",
        level=_END_LEVELS.get(end.state, Level.ERROR),
        data={"before": {"state": "running"}, "after": {"state": end.state.value, **counts}, "error": end.error},
    )


def _ended(claim: Claim, end: StepEnd) -> EventDraft:
    type, level = _ENDED[end.state]
    said = f": {end.message}" if end.message else ""
    return _of_run(
        claim,
        type,
        version=None,
        message=f"{end.step.service_name}: {end.step.action} {end.state}{said}",
        level=level,
        data={
            **_named(end.step),
            "attempt": end.attempt,
            "startedAt": None if end.started_at is None else end.started_at.isoformat(),
            "durationMs": end.duration_ms,
            "message": end.message,
            "outputs": end.outputs,
        },
    )


def _named(step: RunStep) -> dict[str, Value]:
    return {
        "step": step.key,
        "service": step.target.service_id,
        "action": step.action.value,
        "wave": step.wave,
        "provider": step.provider,
    }


def _of_run(
    claim: Claim,
    type: str,
    *,
    version: int | None,
    message: str,
    level: Level = Level.INFO,
    data: Mapping[str, Value],
) -> EventDraft:
    return EventDraft(
        type=type,
        category=Category.RUN,
        level=level,
        subject=claim.run_id,
        subject_label="Run",
        subject_version=version,
        actor=claim.created_by,
        correlation_id=claim.correlation_id,
        message=message,
        application_id=claim.application_id,
        environment_id=claim.environment_id,
        data={"run": claim.run_id, **data},
    )


def _of_deployment(
    claim: Claim,
    step: RunStep,
    type: str,
    *,
    message: str,
    level: Level,
    after: Mapping[str, Value] | None,
) -> EventDraft:
    return EventDraft(
        type=type,
        category=Category.GRAPH,
        level=level,
        subject=step.key,
        subject_label="Deployment",
        subject_version=None,
        actor=claim.created_by,
        correlation_id=claim.correlation_id,
        message=message,
        application_id=claim.application_id,
        environment_id=claim.environment_id,
        data={"run": claim.run_id, "before": {"lines": step.before}, "after": after},
    )
