"""An event as it stands in the log: whole, numbered and chained; and how it travels between processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from app.domain.rows import listed
from app.transactions import Row, Value

COLUMNS: Final = (
    "id",
    "seq",
    "type",
    "category",
    "level",
    "subject",
    "subject_label",
    "subject_version",
    "actor",
    "at",
    "correlation_id",
    "change_set",
    "application_id",
    "environment_id",
    "message",
    "data",
    "hash",
    "previous_hash",
)
"""What the statements that read the log return of each event, in this order."""


class EventUnreadable(Exception):
    """What was read is not a whole event: the log or the stream was changed by someone else."""


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One entry of a tenant's log.

    `seq` counts from 1 without gaps within `tenant`; 0 is an event that was committed and has no number yet. `data` is
    JSON text. Category and level are text, so that an older process passes on what a newer one wrote. `hash` and
    `previous_hash` are SHA-256 in lower-case hexadecimal (see app/domain/event_chain.py).
    """

    tenant: str
    id: str
    seq: int
    type: str
    category: str
    level: str
    subject: str
    subject_label: str
    subject_version: int
    actor: str
    at: datetime
    correlation_id: str
    change_set: str
    message: str
    application_id: str | None
    environment_id: str | None
    data: str
    hash: str
    previous_hash: str


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise EventUnreadable(f"{name} is {type(value).__name__}, not text")
    return value


def _optional(row: Row, name: str) -> str | None:
    return None if row.get(name) is None else _text(row, name)


def _number(row: Row, name: str) -> int:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise EventUnreadable(f"{name} is {type(value).__name__}, not a whole number")
    return value


def _time(row: Row) -> datetime:
    value = row.get("at")
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise EventUnreadable("at is not a time") from error
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise EventUnreadable("at is not a time with its zone")
    return moment.astimezone(UTC)


def from_row(tenant: str, row: Row) -> RecordedEvent:
    """The event of a row of the log, or of the stream's JSON object. Raises EventUnreadable."""
    return RecordedEvent(
        tenant=tenant,
        id=_text(row, "id"),
        seq=_number(row, "seq"),
        type=_text(row, "type"),
        category=_text(row, "category"),
        level=_text(row, "level"),
        subject=_text(row, "subject"),
        subject_label=_text(row, "subject_label"),
        subject_version=_number(row, "subject_version"),
        actor=_text(row, "actor"),
        at=_time(row),
        correlation_id=_text(row, "correlation_id"),
        change_set=_text(row, "change_set"),
        message=_text(row, "message"),
        application_id=_optional(row, "application_id"),
        environment_id=_optional(row, "environment_id"),
        data=_text(row, "data"),
        hash=_text(row, "hash"),
        previous_hash=_text(row, "previous_hash"),
    )


def from_lists(tenant: str, events: Value) -> list[RecordedEvent]:
    """The events of a column of lists, each with the values of `COLUMNS`, in their order. Raises EventUnreadable."""
    try:
        rows = [dict(zip(COLUMNS, listed(values), strict=True)) for values in listed(events)]
    except ValueError as error:
        raise EventUnreadable("an event has other values than are known") from error
    return [from_row(tenant, row) for row in rows]


def to_wire(event: RecordedEvent) -> bytes:
    """The event as one JSON object, for the stream."""
    return orjson.dumps(event)


def from_wire(tenant: str, text: bytes) -> RecordedEvent:
    """The event that `to_wire` made. Raises EventUnreadable, also where it belongs to another tenant."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise EventUnreadable("not JSON") from error
    if not isinstance(value, dict) or value.get("tenant") != tenant:
        raise EventUnreadable(f"not an event of {tenant}")
    return from_row(tenant, value)
