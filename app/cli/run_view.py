"""Runs and their steps as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from app.cli.answers import LinkedRun, Run, RunLinks, StepRun
from app.cli.plan_view import action_word
from app.cli.tables import cell, count, duration, state, table


def run_line(run: Run) -> str:
    """A run in one line: `run … succeeded: 12 of 12 steps succeeded, 0 failed, 0 skipped, in 2.4 s`."""
    line = f"run {run.id} {run.state.lower()}: {run.succeeded} of {count(run.total, 'step')} succeeded"
    line += f", {run.failed} failed, {run.skipped} skipped"
    if run.started_at and run.finished_at:
        line += f", in {duration(round((run.finished_at - run.started_at).total_seconds() * 1000))}"
    if run.waiting_for:
        line += f"; {'; '.join(reason.text for reason in run.waiting_for)}"
    return f"{line}: {run.error}" if run.error else line


def link_lines(links: RunLinks) -> list[str]:
    """What a run undoes or repeats, and what undoes or repeats it, one a line: `undone by run … succeeded`."""
    linked: list[tuple[str, LinkedRun | None]] = [
        ("undoes", links.rolls_back),
        *(("undone by", one) for one in links.rollbacks.nodes),
        ("repeats", links.repeats),
        *(("repeated by", one) for one in links.repetitions.nodes),
    ]
    return [f"{how} run {one.id} {one.state.lower()}" for how, one in linked if one is not None]


def steps_table(steps: Sequence[StepRun]) -> RenderableType:
    """What became of each step; what waits says for what, what failed says why."""
    view = table("WAVE", "STATE", "ACTION", "SERVICE", "TRIES", "TOOK", "WHY", right={"WAVE", "TRIES", "TOOK"})
    for step in steps:
        view.add_row(
            str(step.wave),
            state(step.state),
            action_word(step.action),
            cell(step.service_name),
            str(step.attempt),
            duration(step.duration_ms),
            _why(step),
        )
    return view


def runs_table(runs: Sequence[Run]) -> RenderableType:
    """Runs, one a line."""
    view = table(
        "RUN", "STATE", "APPLICATION", "ENVIRONMENT", "STEPS", "FAILED", "BY", "CREATED", right={"STEPS", "FAILED"}
    )
    for run in runs:
        view.add_row(
            run.id,
            state(run.state),
            cell(run.application_id),
            cell(run.environment_id),
            f"{run.succeeded}/{run.total}",
            str(run.failed),
            cell(run.created_by),
            cell(run.created_at),
        )
    return view


def _why(step: StepRun) -> Text:
    if step.error:
        return Text(cell(step.error), "red")
    if step.waiting_for:
        return Text(cell(f"waits: {'; '.join(reason.text for reason in step.waiting_for)}"), "dim")
    return Text(cell(step.message))
