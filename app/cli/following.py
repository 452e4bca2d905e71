"""Watching one run: its events as they come, until it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from app.cli import operations
from app.cli.answers import Event, EventGap, Run
from app.cli.client import Client
from app.cli.event_stream import EventStream, Idle
from app.cli.failures import Refused, Unreachable

END: Final = "run.finished"
"""The type of the event that says that a run is over, however it ended."""

LAST_EVENTS_SECONDS: Final = 5.0
"""How long a run that is over may keep its last event waiting before it is no longer waited for."""


def follow(
    client: Client, run: Run, stream: EventStream, *, now: Callable[[], float] = time.monotonic
) -> Iterator[Event | EventGap]:
    """The events of a run from the stream's cursor to the one that says how it ended.

    Where that event stays away although the run is over, the iteration ends after LAST_EVENTS_SECONDS. Raises what the
    stream and the client raise, and Refused where the run is gone.
    """
    over_since: float | None = None
    for item in stream:
        if isinstance(item, Event):
            if item.correlation_id == run.correlation_id:
                yield item
                if ends(item, run):
                    return
            continue
        if isinstance(item, EventGap):
            yield item
        if over_since is None and _is_over(client, run):
            over_since = now()
        if over_since is not None and isinstance(item, Idle) and now() - over_since >= LAST_EVENTS_SECONDS:
            return


def ends(event: Event, run: Run) -> bool:
    """Whether an event says that the run is over."""
    return event.subject == run.id and event.type == END


def find_run(client: Client, run_id: str) -> Run:
    """A run as it stands. Raises Refused where there is none of that id."""
    run = client.execute(operations.RUN, {"id": run_id}).run
    if run is None:
        raise Refused(f"there is no run {run_id}", "NOT_FOUND")
    return run


def _is_over(client: Client, run: Run) -> bool:
    try:
        return find_run(client, run.id).is_over
    except Unreachable:
        # The stream decides how long an absent server is waited for.
        return False
