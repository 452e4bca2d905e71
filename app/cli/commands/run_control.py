"""`run cancel`, `run pause`, `run resume`, `run confirm`, `run reject`, `run rerun`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import uuid4

import typer
from pydantic import BaseModel, JsonValue

from app.cli import operations
from app.cli.answers import RunPayload
from app.cli.client import Operation
from app.cli.failures import Refused
from app.cli.problems import refuse
from app.cli.run_view import run_line
from app.cli.session import session_of

AnswerT = TypeVar("AnswerT", bound=BaseModel)
RunId = Annotated[str, typer.Argument(help="The run's id.")]
Reason = Annotated[str | None, typer.Option(help="Why; it is told with the run.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `run`."""
    app.command(epilog="Example: trellis run cancel 0198c0de-0000-7000-8000-000000000000")(cancel)
    app.command(epilog="Example: trellis run pause 0198c0de-0000-7000-8000-000000000000")(pause)
    app.command(epilog="Example: trellis run resume 0198c0de-0000-7000-8000-000000000000")(resume)
    app.command(epilog="Example: trellis run confirm 0198c0de-0000-7000-8000-000000000000")(confirm)
    app.command(epilog="Example: trellis run rerun 0198c0de-0000-7000-8000-000000000000")(rerun)
    app.command(epilog="Example: trellis run reject 0198c0de-0000-7000-8000-000000000000 --reason 'too slow'")(reject)


def cancel(context: typer.Context, run: RunId, reason: Reason = None) -> None:
    """Stop a run: what has not begun is skipped, what is under way is stopped where it is."""
    _control(context, operations.CANCEL_RUN, {"run": run, "reason": reason}, lambda answer: answer.cancel_run)


def pause(context: typer.Context, run: RunId) -> None:
    """Let no step of a run begin until it is resumed; steps under way come to their ends."""
    _control(context, operations.PAUSE_RUN, {"run": run}, lambda answer: answer.pause_run)


def resume(context: typer.Context, run: RunId) -> None:
    """Let a paused run go on."""
    _control(context, operations.RESUME_RUN, {"run": run}, lambda answer: answer.resume_run)


def confirm(context: typer.Context, run: RunId) -> None:
    """Let a run go on that waits for someone to confirm."""
    _control(context, operations.CONFIRM_RUN, {"run": run}, lambda answer: answer.confirm_run)


def reject(context: typer.Context, run: RunId, reason: Reason = None) -> None:
    """End a run that waits for someone to confirm."""
    _control(context, operations.REJECT_RUN, {"run": run, "reason": reason}, lambda answer: answer.reject_run)


def rerun(
    context: typer.Context,
    run: RunId,
    from_step: Annotated[
        str | None, typer.Option(help="Begin at this step, such as shop/boutique/cart@production.")
    ] = None,
) -> None:
    """Carry out again what did not succeed in a run, or all from a step, as a new run of the same plan."""
    wanted: dict[str, JsonValue] = {"run": run, "fromStep": from_step}
    _control(context, operations.RERUN_RUN, wanted, lambda answer: answer.rerun_run)


def _control(
    context: typer.Context,
    operation: Operation[AnswerT],
    wanted: dict[str, JsonValue],
    payload_of: Callable[[AnswerT], RunPayload],
) -> None:
    session = session_of(context)
    with session.client() as client:
        payload = payload_of(client.execute(operation, {"input": {**wanted, "idempotencyKey": str(uuid4())}}))
    refuse(payload.problems, f"run {wanted['run']} stays as it is")
    if payload.run is None:
        raise Refused("the server gave neither a run nor a reason", "ANSWER_MISFIT")
    session.output.say(run_line(payload.run))
    session.output.document(payload.run.as_json())
