"""Values of the graph's rows as the types that a statement promises, and times as statements take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.transactions import Value


def listed(value: Value) -> Sequence[Value]:
    """A list; empty where there is none."""
    return value if isinstance(value, list) else []


def texts(value: Value) -> tuple[str, ...]:
    """A list of texts; empty where there is none."""
    return tuple(str(item) for item in listed(value))


def mapped(value: Value) -> Sequence[Mapping[str, Value]]:
    """A list of maps; empty where there is none."""
    return [item for item in listed(value) if isinstance(item, dict)]


def number(value: Value) -> int:
    """A whole number. TypeError for anything else."""
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no number")
    return value


def milliseconds(at: datetime) -> int:
    """A time as statements take and compare it: milliseconds since 1970."""
    return round(at.timestamp() * 1000)
