"""Events: the record of every change, written in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import orjson

from app.domain import ahead
from app.ids import Ids
from app.transactions import Transaction, Value

AT_ONCE: Final = 1_000
"""Events a statement."""


class Category(StrEnum):
    """What an event is about."""

    GRAPH = "graph"
    PLAN = "plan"
    RUN = "run"
    POLICY = "policy"
    SECURITY = "security"
    SYSTEM = "system"


class Level(StrEnum):
    """How much an event matters to someone who watches."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before it has its number.

    `type` is a dotted verb in the past (`service.created`, `run.step.failed`); `subject` and `subject_label` name the
    node it is about, `subject_version` that node's version after the change; None
    for the one it has in the transaction that writes the event. `data` holds `before` and `after` and
    never a secret. `correlation_id` joins all events of one request or run.
    """

    type: str
    category: Category
    subject: str
    subject_label: str
    subject_version: int | None
    actor: str
    correlation_id: str
    message: str
    level: Level = Level.INFO
    application_id: str | None = None
    environment_id: str | None = None
    data: Mapping[str, Value] = field(default_factory=dict)


async def record(transaction: Transaction, ids: Ids, drafts: Iterable[EventDraft]) -> None:
    """Write events into the transaction; the sequencer numbers them after the commit.

    The operation's id is their change set. They point to their subject while it exists: record a deletion's event
    before the deletion. Drafts that are made as they are iterated over are made while others are written.
    """
    change_set = transaction.operation.id

    def row(draft: EventDraft) -> Value:
        return _row(draft, id=ids.new(), change_set=change_set)

    async def append_rows(rows: Sequence[Value]) -> None:
        await append(transaction, rows)

    await ahead.write(drafts, row, append_rows)


def rows(transaction: Transaction, ids: Ids, drafts: Sequence[EventDraft]) -> list[Value]:
    """What `append` writes of drafts, for those who have something else to wait for meanwhile."""
    return [_row(draft, id=ids.new(), change_set=transaction.operation.id) for draft in drafts]


async def append(transaction: Transaction, rows: Sequence[Value]) -> None:
    """Write the rows of drafts into the transaction, as `record` says."""
    for start in range(0, len(rows), AT_ONCE):
        await transaction.run("events/append_events", events=rows[start : start + AT_ONCE])


def _row(draft: EventDraft, *, id: str, change_set: str) -> list[Value]:
    # By position: the names of fourteen columns would be most of what is sent.
    return [
        id,
        draft.type,
        draft.category,
        draft.level,
        draft.subject,
        draft.subject_label,
        draft.subject_version,
        draft.actor,
        draft.correlation_id,
        change_set,
        draft.application_id,
        draft.environment_id,
        draft.message,
        orjson.dumps(draft.data).decode(),
    ]
