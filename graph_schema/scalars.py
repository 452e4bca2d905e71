"""Scalars of our own: times and JSON values, as they are stored and as they go out."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NewType

import orjson
import strawberry
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from app.domain.waiting import shown


def serialize_time(value: object) -> str:
    """A time as RFC 3339 in UTC, ending in Z; text is taken to be that already. ValueError for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise ValueError(f"DateTime cannot represent {value!r}")


def parse_time(value: object) -> datetime:
    """A time from RFC 3339 text with an offset. ValueError for anything else."""
    if isinstance(value, str):
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    raise ValueError("DateTime needs RFC 3339 text with an offset, such as 2026-01-31T12:00:00Z")


def serialize_json(value: object) -> object:
    """A JSON value; text is parsed, because the graph stores JSON as text. ValueError where it is none."""
    return orjson.loads(value) if isinstance(value, str) else value


def parse_json(value: object) -> object:
    """Any JSON value, as it came. ValueError where it holds a number that JSON has no form for."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("JSON has no form for this number")
    if isinstance(value, Mapping):
        return {key: parse_json(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [parse_json(each) for each in value]
    return value


WaitReason = NewType("WaitReason", str)
"""Why something waits, as the graph holds it: a line of `app.domain.waiting`."""


def serialize_reason(value: object) -> object:
    """The reason as an object; one that has been made already is as it is. ValueError for anything else."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return value
    raise ValueError(f"WaitReason cannot represent {value!r}")


IDList = NewType("IDList", list[str])
"""Ids as they came from the graph: one value and not one each, because there may be a hundred thousand."""


def serialize_ids(value: object) -> object:
    """The ids as they are. ValueError for anything else than a list."""
    if isinstance(value, list):
        return value
    raise ValueError(f"IDList cannot represent {value!r}")


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC as RFC 3339 text that ends in Z, such as `2026-01-31T12:00:00Z`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=serialize_time,
        parse_value=parse_time,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=serialize_json,
        parse_value=parse_json,
    ),
    WaitReason: strawberry.scalar(
        name="WaitReason",
        description="Why something waits, as a JSON object: `kind` (STEP, WORKER, LIMIT, PAUSED, PERSON or BREAKER), "
        "`text` for people, and `subject`: the id or the name of what it waits for, or null.",
        serialize=serialize_reason,
        parse_value=serialize_reason,
    ),
    IDList: strawberry.scalar(
        name="IDList",
        description="A list of ids that is read as one value: a JSON array of texts.",
        serialize=serialize_ids,
        parse_value=serialize_ids,
    ),
}
