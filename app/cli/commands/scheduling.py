"""`schedule create`, `schedule list`, `schedule pause`, `schedule resume`, `schedule delete`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import uuid4

import typer
from pydantic import JsonValue

from app.cli import operations
from app.cli.failures import Refused
from app.cli.paging import everything
from app.cli.problems import refuse
from app.cli.schedules import SchedulePayload, schedules_table
from app.cli.session import Session, session_of

Id = Annotated[str, typer.Argument(help="The schedule's id, such as shop/boutique/schedules/nightly.")]


class CatchUp(StrEnum):
    """What becomes of times that passed while no worker was there."""

    NONE = "none"
    LAST = "last"
    ALL = "all"


schedules_app = typer.Typer(help="Deploy applications again and again.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    schedules_app.command(
        epilog='Example: trellis schedule create shop/boutique nightly shop@production --cron "0 2 * * *"'
    )(create)
    schedules_app.command("list", epilog="Example: trellis schedule list --application shop/boutique")(listed)
    schedules_app.command(epilog="Example: trellis schedule pause shop/boutique/schedules/nightly")(pause)
    schedules_app.command(epilog="Example: trellis schedule resume shop/boutique/schedules/nightly")(resume)
    schedules_app.command(epilog="Example: trellis schedule delete shop/boutique/schedules/nightly")(delete)
    app.add_typer(schedules_app, name="schedule")


def create(
    context: typer.Context,
    application: Annotated[str, typer.Argument(help="The application's id, such as shop/boutique.")],
    name: Annotated[str, typer.Argument(help="The schedule's name, such as nightly.")],
    environment: Annotated[str, typer.Argument(help="The environment's id, such as shop@production.")],
    cron: Annotated[str, typer.Option(help="Minute, hour, day, month and day of the week, as cron has them.")],
    zone: Annotated[str, typer.Option(help="The time zone, such as Europe/Berlin.")] = "UTC",
    catch_up: Annotated[
        CatchUp, typer.Option(help="For times that passed while no worker was there: none, once, or once for each.")
    ] = CatchUp.NONE,
) -> None:
    """Let an application be planned and deployed to an environment again and again."""
    wanted: dict[str, JsonValue] = {
        "application": application,
        "name": name,
        "environment": environment,
        "cron": cron,
        "zone": zone,
        "catchUp": catch_up.name,
        "idempotencyKey": str(uuid4()),
    }
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(operations.CREATE_SCHEDULE, {"input": wanted}).create_schedule
    _show(session, payload, f"{application} is not scheduled")


def listed(
    context: typer.Context,
    application: Annotated[str | None, typer.Option(help="Only schedules of this application.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
) -> None:
    """List schedules, and when they are due next."""
    session = session_of(context)
    where: dict[str, JsonValue] = {}
    if application is not None:
        where["id"] = {"startsWith": f"{application}/"}
    with session.client() as client:
        found = everything(client, operations.SCHEDULES, {"where": where}, lambda answer: answer.schedules, limit=limit)
    session.output.show(schedules_table(found))
    session.output.document({"schedules": [one.as_json() for one in found]})


def pause(context: typer.Context, schedule: Id) -> None:
    """Let a schedule rest until it is resumed."""
    _rest(context, schedule, paused=True)


def resume(context: typer.Context, schedule: Id) -> None:
    """Let a schedule go on; what passed meanwhile is caught up as it says."""
    _rest(context, schedule, paused=False)


def delete(context: typer.Context, schedule: Id) -> None:
    """Delete a schedule; what it has deployed stays."""
    session = session_of(context)
    with session.client() as client:
        answer = client.execute(operations.DELETE_SCHEDULE, {"input": {"id": schedule}})
    refuse(answer.deleted.problems, f"{schedule} is not deleted")
    session.output.say(f"deleted {schedule}")
    session.output.document({"deleted": schedule})


def _rest(context: typer.Context, schedule: str, *, paused: bool) -> None:
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(
            operations.UPDATE_SCHEDULE, {"input": {"id": schedule, "paused": paused}}
        ).update_schedule
    _show(session, payload, f"{schedule} stays as it is")


def _show(session: Session, payload: SchedulePayload, otherwise: str) -> None:
    refuse(payload.problems, otherwise)
    if payload.schedule is None:
        raise Refused("the server gave neither a schedule nor a reason", "ANSWER_MISFIT")
    session.output.show(schedules_table([payload.schedule]))
    session.output.document(payload.schedule.as_json())
