"""Reading a tenant's log from the graph, where every event is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

from app.domain.event_chain import GENESIS, Anchor
from app.domain.event_filter import EVERYTHING, EventFilter
from app.domain.recorded_events import RecordedEvent, from_lists
from app.graph import Graph

PAGE = 1000


async def end_of_log(graph: Graph, tenant: str) -> Anchor:
    """The newest number and hash. Raises GraphUnavailable."""
    rows = await graph.read("events/read_log", tenant)
    return Anchor(seq=int(str(rows[0]["seq"])), hash=str(rows[0]["head"])) if rows else GENESIS


async def stretch(
    graph: Graph, tenant: str, *, after: int, until: int, wanted: EventFilter = EVERYTHING
) -> list[RecordedEvent]:
    """The events with after < seq <= until that are wanted, oldest first; for stretches of some thousands.

    Raises GraphUnavailable and EventUnreadable.
    """
    rows = await graph.read(
        "events/list_events_after",
        tenant,
        after=after,
        until=until,
        type_prefix=wanted.type_prefix,
        category=wanted.category,
        levels=wanted.levels(),
        subject=wanted.subject,
        application_id=wanted.application_id,
        environment_id=wanted.environment_id,
        correlation_id=wanted.correlation_id,
    )
    return [event for event in from_lists(tenant, rows[0]["events"]) if wanted.matches(event)]


async def pages(graph: Graph, tenant: str, *, after: int, until: int) -> AsyncIterator[list[RecordedEvent]]:
    """The events with after < seq <= until, in lists of at most `PAGE`. Raises GraphUnavailable and EventUnreadable."""
    while after < until:
        page_end = min(after + PAGE, until)
        events = await stretch(graph, tenant, after=after, until=page_end)
        if events:
            yield events
        after = page_end
