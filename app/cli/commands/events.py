"""`events`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from pydantic import JsonValue

from app.cli.answers import Event, EventGap
from app.cli.event_stream import EventStream, newest_cursor
from app.cli.event_view import event_line, gap_line
from app.cli.log import events_after, newest_events, number_of
from app.cli.session import Session, session_of


class Category(StrEnum):
    """What an event is about."""

    GRAPH = "graph"
    PLAN = "plan"
    RUN = "run"
    POLICY = "policy"
    SECURITY = "security"
    SYSTEM = "system"


class Level(StrEnum):
    """How much an event matters."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Examples: trellis events --follow; trellis events --type run. --level warning --json")(events)


def events(
    context: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what happens, until Ctrl-C.")] = False,
    after: Annotated[
        str | None,
        typer.Option(
            help="Begin after the event with this number; without it: the newest, or with --follow what comes."
        ),
    ] = None,
    application: Annotated[str | None, typer.Option(help="Only what concerns this application.")] = None,
    environment: Annotated[str | None, typer.Option(help="Only what concerns this environment.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what is about the node with this id.")] = None,
    type_prefix: Annotated[str | None, typer.Option("--type", help="Only types that begin so, such as run.")] = None,
    category: Annotated[Category | None, typer.Option(help="Only this category.")] = None,
    level: Annotated[Level | None, typer.Option(help="This level and what matters more.")] = None,
    text: Annotated[str | None, typer.Option(help="Only what has this in message, type or subject.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, without --follow.")] = 50,
) -> None:
    """Print the events of the platform, the oldest first, one a line."""
    session = session_of(context)
    given: dict[str, JsonValue] = {
        "application": application,
        "environment": environment,
        "subject": subject,
        "type": type_prefix,
        "category": category.name if category else None,
        "level": level.name if level else None,
        "text": text,
    }
    wanted: dict[str, JsonValue] = {name: value for name, value in given.items() if value is not None}
    start = None if after is None else number_of(after)
    if follow:
        _follow(session, wanted, start)
        return
    with session.client() as client:
        if start is None:
            end = newest_cursor(session.server, session.credential().token)
            found = newest_events(client, number_of(end), wanted, limit=limit)
        else:
            found = events_after(client, start, wanted, limit=limit)
    for event in found:
        session.output.show(event_line(event))
    session.output.document({"events": [event.as_json() for event in found]})


def _follow(session: Session, wanted: dict[str, JsonValue], after: int | None) -> None:
    token = session.credential().token
    stream = EventStream(
        session.server,
        token,
        after=newest_cursor(session.server, token) if after is None else str(after),
        wanted=wanted,
        tell=session.output.note,
    )
    for item in stream:
        match item:
            case Event():
                session.output.show(event_line(item))
                session.output.record({"event": item.as_json()})
            case EventGap():
                session.output.show(gap_line(item))
                session.output.record({"gap": item.as_json()})
            case _:
                continue
