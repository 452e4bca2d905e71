"""An event on one line."""

from __future__ import annotations

from datetime import UTC

from rich.text import Text

from app.cli.answers import EventGap, LoggedEvent
from app.cli.output import clean

_LEVELS = {"DEBUG": "dim", "INFO": "", "WARNING": "yellow", "ERROR": "bold red"}


def event_line(event: LoggedEvent, *, short: bool = False) -> Text:
    """`12:03:04.120 info  run.step.succeeded  shop/boutique/cart@production  message`; short leaves the subject out."""
    style = _LEVELS.get(event.level.upper(), "")
    line = Text(f"{event.at.astimezone(UTC):%H:%M:%S}.{event.at.microsecond // 1000:03d} ", "dim")
    line.append(f"{clean(event.level.lower()):<7} ", style)
    line.append(f"{clean(event.type)}  ", "cyan")
    if not short:
        line.append(f"{clean(event.subject)}  ", "bold")
    line.append(clean(event.message), style)
    return line


def gap_line(gap: EventGap) -> Text:
    """Where the stream has a hole that cannot be filled."""
    return Text(f"… events are missing before {clean(gap.cursor)}: {clean(gap.reason)}", "yellow")
