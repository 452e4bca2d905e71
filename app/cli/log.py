"""Reading the log of events backwards: the newest that are wanted, or those after an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from app.cli import operations
from app.cli.answers import LoggedEvent
from app.cli.client import Client
from app.cli.failures import BadUsage
from app.cli.paging import LARGEST_PAGE

FIRST_WINDOW: Final = 1_000
GROWTH: Final = 8


def events_after(
    client: Client, number: int, wanted: Mapping[str, JsonValue], *, limit: int, last: int | None = None
) -> list[LoggedEvent]:
    """The wanted events with a number above `number`, up to `last` where it is given; at most `limit`, oldest first."""
    found: list[LoggedEvent] = []
    after: str | None = str(number)
    while len(found) < limit:
        first = min(LARGEST_PAGE, limit - len(found))
        page = client.execute(operations.EVENTS, {"filter": dict(wanted), "first": first, "after": after}).events
        within = [event for event in page.nodes if last is None or event.seq <= last]
        found += within
        if not page.page_info.has_next_page or len(within) < len(page.nodes):
            break
        after = page.page_info.end_cursor
    return found


def newest_events(client: Client, end: int, wanted: Mapping[str, JsonValue], *, limit: int) -> list[LoggedEvent]:
    """The last wanted events of a log that ends with number `end`; at most `limit`, oldest first.

    The log is read forwards only, so it looks at ever larger stretches, from the end backwards.
    """
    found: list[LoggedEvent] = []
    window = max(FIRST_WINDOW, limit) if wanted else limit
    while end > 0 and len(found) < limit:
        start = max(0, end - window)
        stretch = events_after(client, start, wanted, limit=window, last=end)
        found = stretch[-(limit - len(found)) :] + found
        end, window = start, window * GROWTH
    return found


def number_of(cursor: str) -> int:
    """The event's number that a cursor of the log stands for. Raises BadUsage for what is none."""
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18):
        raise BadUsage(f"--after takes the number of an event, such as 42, not {cursor!r}", "USAGE")
    return int(cursor)
