"""Scalars of our own: times and JSON values, as they are stored and as they go out."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson
import strawberry
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition


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
}
