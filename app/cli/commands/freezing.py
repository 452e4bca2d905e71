"""`freeze create`, `freeze list`, `freeze delete`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer
from pydantic import JsonValue

from app.cli import moments, operations
from app.cli.failures import BadUsage, Refused
from app.cli.freezes import freezes_table
from app.cli.paging import everything
from app.cli.problems import refuse
from app.cli.session import session_of

freezes_app = typer.Typer(help="Keep deployments away for a time.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    freezes_app.command(
        epilog='Example: trellis freeze create holidays --until 14d --project shop --reason "nobody is there"'
    )(create)
    freezes_app.command("list", epilog="Examples: trellis freeze list; trellis freeze list --all --json")(listed)
    freezes_app.command(epilog="Example: trellis freeze delete holidays")(delete)
    app.add_typer(freezes_app, name="freeze")


def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The freeze's name, such as holidays.")],
    until: Annotated[str, typer.Option(help=f"When it ends: {moments.HELP}.")],
    reason: Annotated[str, typer.Option(help="Why nothing is deployed; whoever is kept away reads it.")],
    start: Annotated[
        str | None, typer.Option("--from", help="When it begins, in the same form; now if left out.")
    ] = None,
    project: Annotated[
        list[str] | None, typer.Option(help="A project that is frozen with all its environments; may be repeated.")
    ] = None,
    environment: Annotated[
        list[str] | None, typer.Option(help="An environment that is frozen; may be repeated.")
    ] = None,
) -> None:
    """Let nothing be deployed to projects or environments for a time; administrators only.

    Plans can be made meanwhile. Who has to deploy all the same breaks the glass: `trellis deploy --break-glass REASON`.
    """
    if not project and not environment:
        raise BadUsage("name what is frozen: --project or --environment", "USAGE")
    now = datetime.now(UTC)
    wanted: dict[str, JsonValue] = {
        "name": name,
        "reason": reason,
        "startsAt": (now if start is None else moments.moment(start, "--from", now=now)).isoformat(),
        "endsAt": moments.moment(until, "--until", now=now).isoformat(),
        "projects": [*(project or [])],
        "environments": [*(environment or [])],
        "idempotencyKey": str(uuid4()),
    }
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(operations.CREATE_FREEZE, {"input": wanted}).create_freeze
    refuse(payload.problems, "nothing is frozen")
    if payload.freeze is None:
        raise Refused("the server gave neither a freeze nor a reason", "ANSWER_MISFIT")
    session.output.show(freezes_table([payload.freeze]))
    session.output.document(payload.freeze.as_json())


def listed(
    context: typer.Context,
    over: Annotated[bool, typer.Option("--all", help="Those that are over as well.")] = False,
) -> None:
    """List freezes that hold or are still to come."""
    session = session_of(context)
    where: dict[str, JsonValue] = {} if over else {"endsAt": {"gt": datetime.now(UTC).isoformat()}}
    with session.client() as client:
        found = everything(client, operations.FREEZES, {"where": where}, lambda answer: answer.freezes)
    session.output.show(freezes_table(found))
    session.output.document({"freezes": [one.as_json() for one in found]})


def delete(context: typer.Context, name: Annotated[str, typer.Argument(help="The freeze's name.")]) -> None:
    """Delete a freeze, which ends it; administrators only."""
    id = f"freeze:{name.removeprefix('freeze:')}"
    session = session_of(context)
    with session.client() as client:
        answer = client.execute(operations.DELETE_FREEZE, {"input": {"id": id}})
    refuse(answer.deleted.problems, f"{name} is not deleted")
    session.output.say(f"deleted {id}")
    session.output.document({"deleted": id})
