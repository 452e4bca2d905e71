"""Events: the record of every change, written in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import orjson

from app.graph import Transaction, Value
from app.ids import Ids


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
    node it is about, `subject_version` that node's version after the change. `data` holds `before` and `after` and
    never a secret. `correlation_id` joins all events of one request or run.
    """

    type: str
    category: Category
    subject: str
    subject_label: str
    subject_version: int
    actor: str
    correlation_id: str
    message: str
    level: Level = Level.INFO
    application_id: str | None = None
    environment_id: str | None = None
    data: Mapping[str, Value] = field(default_factory=dict)


async def record(transaction: Transaction, ids: Ids, drafts: Sequence[EventDraft]) -> None:
    """Write events into the transaction; the sequencer numbers them after the commit.

    The operation's id is their change set. They point to their subject while it exists: record a deletion's event
    before the deletion.
    """
    if not drafts:
        return
    await transaction.run(
        "events/append_events",
        events=[
            {
                "id": ids.new(),
                "type": draft.type,
                "category": draft.category,
                "level": draft.level,
                "subject": draft.subject,
                "subject_label": draft.subject_label,
                "subject_version": draft.subject_version,
                "actor": draft.actor,
                "correlation_id": draft.correlation_id,
                "change_set": transaction.operation.id,
                "message": draft.message,
                "application_id": draft.application_id,
                "environment_id": draft.environment_id,
                "data": orjson.dumps(draft.data).decode(),
            }
            for draft in drafts
        ],
    )
