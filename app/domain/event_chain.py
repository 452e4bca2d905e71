"""The hash chain of a tenant's log: every event's hash covers the event and the hash before it.

`hash = SHA-256(canonical JSON of the event || hash of the event before)`. So nobody can change, reorder, insert or drop
an event without every later hash being wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

import orjson

from app.domain.recorded_events import RecordedEvent


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in the chain: the number of an event and its hash."""

    seq: int
    hash: str


GENESIS = Anchor(seq=0, hash="0" * 64)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where a chain is broken first, and how."""

    seq: int
    reason: str


def _data(event: RecordedEvent) -> dict[str, object]:
    try:
        return {"data": orjson.loads(event.data)}
    except orjson.JSONDecodeError:
        return {"unreadable": event.data}


def canonical(event: RecordedEvent) -> bytes:
    """The JSON text that is hashed: keys sorted, no spaces, UTF-8, time in UTC with six digits of a second.

    `data` stands in it as the object it holds; text that is no JSON stands under `unreadable`, so that one bad event
    cannot stop the log. The two hashes are not in it.
    """
    return orjson.dumps(
        {
            **_data(event),
            "actor": event.actor,
            "applicationId": event.application_id,
            "at": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "category": event.category,
            "changeSet": event.change_set,
            "correlationId": event.correlation_id,
            "environmentId": event.environment_id,
            "id": event.id,
            "level": event.level,
            "message": event.message,
            "seq": event.seq,
            "subject": event.subject,
            "subjectLabel": event.subject_label,
            "subjectVersion": event.subject_version,
            "tenant": event.tenant,
            "type": event.type,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def digest(event: RecordedEvent, previous_hash: str) -> str:
    """The hash of an event that follows the one with `previous_hash`."""
    return hashlib.sha256(canonical(event) + previous_hash.encode("ascii", "replace")).hexdigest()


def link(pending: Sequence[RecordedEvent], head: Anchor) -> list[RecordedEvent]:
    """The events with their numbers and hashes, appended to a chain that ends in `head`."""
    linked = []
    for event in pending:
        numbered = replace(event, seq=head.seq + 1, previous_hash=head.hash)
        chained = replace(numbered, hash=digest(numbered, head.hash))
        linked.append(chained)
        head = Anchor(chained.seq, chained.hash)
    return linked


def verify(events: Iterable[RecordedEvent], *, start: Anchor = GENESIS, end: Anchor | None = None) -> Flaw | None:
    """The first flaw of a stretch of the log, or None where it is whole.

    `start` is the place before the first event. `end`, where it is given, is the place the last one must have: without
    it nobody can see that events were cut off at the end.
    """
    place = start
    for event in events:
        expected = place.seq + 1
        if event.seq != expected:
            return Flaw(expected, f"number {event.seq} stands where {expected} belongs")
        if event.previous_hash != place.hash:
            return Flaw(expected, "it does not name the hash of the event before it")
        if event.hash != digest(event, place.hash):
            return Flaw(expected, "its content does not give its hash")
        place = Anchor(event.seq, event.hash)
    if end is not None and place != end:
        return Flaw(place.seq + 1, f"the chain ends at {place.seq}, not at {end.seq} with the hash expected")
    return None
