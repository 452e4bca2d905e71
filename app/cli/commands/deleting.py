"""`impact`, `delete`."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final

import typer

from app.cli import operations
from app.cli.client import Client, Operation
from app.cli.failures import BadUsage, Refused
from app.cli.impacts import Affected, DeleteAnswer, Impact, impact_view
from app.cli.problems import refuse
from app.cli.session import Session, session_of

SHOWN: Final = 1_000
_SLUG: Final = r"[a-z0-9-]+"
_DELETES: Final[tuple[tuple[str, Operation[DeleteAnswer]], ...]] = (
    (_SLUG, operations.DELETE_PROJECT),
    (f"{_SLUG}@{_SLUG}", operations.DELETE_ENVIRONMENT),
    (f"{_SLUG}/{_SLUG}", operations.DELETE_APPLICATION),
    (f"{_SLUG}/{_SLUG}/{_SLUG}", operations.DELETE_SERVICE),
    (f"{_SLUG}/{_SLUG}/{_SLUG}:.+", operations.DELETE_SERVICE_VERSION),
    (f"template:{_SLUG}", operations.DELETE_TEMPLATE),
    (f"template:{_SLUG}:[^:/@]+", operations.DELETE_TEMPLATE_VERSION),
)


class Change(StrEnum):
    """What would happen to a node."""

    DELETE = "delete"
    UPDATE = "update"
    OUTAGE = "outage"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Examples: trellis impact shop/boutique/cart; trellis impact shop@production --change outage")(
        impact
    )
    app.command(epilog="Examples: trellis delete shop/boutique/cart; trellis delete shop@test --yes")(delete)


def impact(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="The node's id, such as shop/boutique/cart.")],
    change: Annotated[Change, typer.Option(help="What would happen to it.")] = Change.DELETE,
) -> None:
    """Show what a change of a node would reach.

    How it does, whose it is and where it runs. Nothing is changed by it.
    """
    session = session_of(context)
    with session.client() as client:
        found, affected = _read(client, id, change)
    _show(session, found, affected)
    if found.digest is not None:
        session.output.say(f"digest {found.digest}", "dim")
    session.output.document(found.as_json() | {"affected": [one.as_json() for one in affected], "change": change.name})


def delete(
    context: typer.Context,
    id: Annotated[
        str, typer.Argument(help="The id of a project, environment, application, service, template or version.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; delete with the impact as it is now.")] = False,
    digest: Annotated[
        str | None, typer.Option(help="Delete without asking if the impact is still the one of this digest.")
    ] = None,
) -> None:
    """Delete something after showing what that reaches.

    Refused where something runs in it, or it still has parts; what depends on it is let go.
    """
    session = session_of(context)
    operation = _operation(id)
    with session.client() as client:
        seen = digest
        if digest is None:
            found, affected = _read(client, id, Change.DELETE)
            seen = found.digest
            if not session.output.as_json:
                _show(session, found, affected)
            if not yes:
                _ask(session, id)
        payload = client.execute(operation, {"input": {"id": id, "impactDigest": seen}}).deleted
    refuse(payload.problems, f"{id} cannot be deleted")
    if payload.id is None:
        raise Refused("the server gave neither an id nor a reason", "ANSWER_MISFIT")
    session.output.say(f"deleted {payload.id}")
    session.output.document({"deleted": payload.id})


def _operation(id: str) -> Operation[DeleteAnswer]:
    for pattern, operation in _DELETES:
        if re.fullmatch(pattern, id):
            return operation
    raise BadUsage(f"{id[:100]!r} is the id of nothing that can be deleted", "USAGE")


def _ask(session: Session, id: str) -> None:
    if session.output.as_json:
        raise BadUsage("with --json nothing is asked: give --yes or --digest", "USAGE")
    if not session.output.confirmed(f"Delete {id}?"):
        raise Refused(f"{id} was not deleted", "NOT_CONFIRMED")


def _read(client: Client, id: str, change: Change) -> tuple[Impact, list[Affected]]:
    after: str | None = None
    affected: list[Affected] = []
    while True:
        found = client.execute(operations.IMPACT, {"node": id, "change": change.name, "after": after}).impact
        affected += found.affected.nodes
        after = found.affected.page_info.end_cursor
        if not found.affected.page_info.has_next_page or len(affected) >= SHOWN:
            return found, affected


def _show(session: Session, found: Impact, affected: list[Affected]) -> None:
    session.output.show(impact_view(found, affected))
    if len(affected) < found.total:
        session.output.note(f"only the nearest {len(affected)} are shown")
