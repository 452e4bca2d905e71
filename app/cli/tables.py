"""Tables that read well on a terminal and fall apart well in a pipe: two spaces between columns, no lines."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from app.cli.output import clean

_STATES = {
    "SUCCEEDED": "green",
    "RUNNING": "blue",
    "QUEUED": "blue",
    "PAUSED": "yellow",
    "CANCELLING": "yellow",
    "WAITING": "dim",
    "PENDING": "dim",
    "SKIPPED": "dim",
    "FAILED": "red",
    "ERROR": "bold red",
    "DENIED": "red",
    "CANCELLED": "yellow",
    "UNKNOWN": "bold yellow",
    "READY": "green",
    "BLOCKED": "bold red",
    "EMPTY": "dim",
}


def table(*columns: str, right: Collection[str] = ()) -> Table:
    """An empty table with these headings; `right` are the headings of columns of numbers."""
    view = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for column in columns:
        view.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return view


def cell(value: object) -> str:
    """A value in a table: nothing for None, yes and no, and text that cannot steer the terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return utc_time(value)
    return clean(str(value))


def state(value: str | None) -> Text:
    """A state in its colour, in lower case."""
    return Text(clean((value or "").lower().replace("_", "-")), _STATES.get((value or "").upper(), ""))


def utc_time(moment: datetime) -> str:
    """A time in UTC to the second, as it sorts."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def duration(milliseconds: int | None) -> str:
    """A duration for people: `340 ms`, `2.4 s`, `3 min 20 s`."""
    if milliseconds is None:
        return ""
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1_000:.1f} s"
    minutes, rest = divmod(milliseconds // 1_000, 60)
    return f"{minutes} min {rest} s"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 service`, `3 services`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
