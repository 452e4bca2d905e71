"""`deprecate`."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import typer

from app.cli import operations
from app.cli.failures import Refused
from app.cli.problems import refuse
from app.cli.session import session_of


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="Examples: trellis deprecate shop/boutique/cart:v1-1a2b3c4d; "
        "trellis deprecate shop/boutique/cart:v1-1a2b3c4d --undo"
    )(deprecate)


def deprecate(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="The version's id, such as shop/boutique/cart:v1-1a2b3c4d.")],
    undo: Annotated[bool, typer.Option("--undo", help="Say that it may be deployed after all.")] = False,
) -> None:
    """Say that a version is not to be deployed any more.

    Policies look at it. What runs of it goes on running.
    """
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(
            operations.DEPRECATE_SERVICE_VERSION,
            {"input": {"id": version, "deprecated": not undo, "idempotencyKey": str(uuid4())}},
        ).deprecate_service_version
    refuse(payload.problems, f"{version} stays as it is")
    if payload.service_version is None:
        raise Refused("the server gave neither a version nor a reason", "ANSWER_MISFIT")
    said = "is deprecated" if payload.service_version.deprecated else "is not deprecated"
    session.output.say(f"{payload.service_version.id} {said}")
    session.output.document(payload.service_version.as_json())
