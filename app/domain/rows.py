"""Values of the graph's rows as the types that a statement promises."""

from __future__ import annotations

from collections.abc import Sequence

from app.graph import Value


def listed(value: Value) -> Sequence[Value]:
    """A list; empty where there is none."""
    return value if isinstance(value, list) else []


def texts(value: Value) -> tuple[str, ...]:
    """A list of texts; empty where there is none."""
    return tuple(str(item) for item in listed(value))


def number(value: Value) -> int:
    """A whole number. TypeError for anything else."""
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no number")
    return value
