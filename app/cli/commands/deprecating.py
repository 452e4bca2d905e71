"""`deprecate`."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import typer
from pydantic import JsonValue

from app.cli import operations
from app.cli.failures import Refused
from app.cli.problems import refuse
from app.cli.session import session_of


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="Examples: trellis deprecate shop/boutique/cart:v1-1a2b3c4d; "
        "trellis deprecate shop/boutique/cart:v1-1a2b3c4d --undo; trellis deprecate template:web:1.0"
    )(deprecate)


def deprecate(
    context: typer.Context,
    version: Annotated[
        str,
        typer.Argument(
            help="The id of a version of a service, such as shop/boutique/cart:v1-1a2b3c4d, or of a template."
        ),
    ],
    undo: Annotated[bool, typer.Option("--undo", help="Say that it may be deployed after all.")] = False,
) -> None:
    """Say that a version is not to be deployed any more.

    Policies look at it. What runs of it goes on running. Of a template's version it says that services are not to be
    instances of it any more; those that are stay so.
    """
    session = session_of(context)
    variables: dict[str, JsonValue] = {"input": {"id": version, "deprecated": not undo, "idempotencyKey": str(uuid4())}}
    with session.client() as client:
        if version.startswith("template:"):
            of_template = client.execute(operations.DEPRECATE_TEMPLATE_VERSION, variables).deprecate_template_version
            found, problems = of_template.template_version, of_template.problems
        else:
            of_service = client.execute(operations.DEPRECATE_SERVICE_VERSION, variables).deprecate_service_version
            found, problems = of_service.service_version, of_service.problems
    refuse(problems, f"{version} stays as it is")
    if found is None:
        raise Refused("the server gave neither a version nor a reason", "ANSWER_MISFIT")
    session.output.say(f"{found.id} {'is deprecated' if found.deprecated else 'is not deprecated'}")
    session.output.document(found.as_json())
