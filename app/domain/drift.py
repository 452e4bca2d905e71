"""Drift: what a target says of a deployment, where that is not what is recorded of it. Values only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Protocol

from app.domain.plan_changes import ENVIRONMENT, MASKED, pairs
from app.transactions import Value

NAMED: Final = 5
"""How many fields a sentence names at most."""


class Difference(Protocol):
    """One field that differs: what was seen before, what it should be after; None means absent."""

    @property
    def field(self) -> str:
        """The field's name."""

    @property
    def before(self) -> str | None:
        """What was seen."""

    @property
    def after(self) -> str | None:
        """What is recorded."""


@dataclass(frozen=True, slots=True)
class DriftRules:
    """What an environment says about drift; `every_seconds` None is as often as the workers' setting says, 0 never.

    `heal` lets what has drifted be put back without being asked; `ignore` are fields that may differ, or patterns.
    """

    every_seconds: int | None = None
    heal: bool = False
    ignore: tuple[str, ...] = ()

    def values(self) -> dict[str, Value]:
        """The rules as an environment's properties: None for what is as always."""
        return {
            "drift_every_seconds": self.every_seconds,
            "drift_heal": self.heal or None,
            "drift_ignore": list(self.ignore) or None,
        }


USUAL: Final = DriftRules()
"""What holds where an environment says nothing."""


@dataclass(frozen=True, slots=True)
class DriftedField:
    """One field that was seen to differ: None where it is absent on that side. Values of variables are masked."""

    field: str
    recorded: str | None
    observed: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of one deployment, which was at that version: the fields that differ, by name; none, no drift."""

    key: str
    version: int
    fields: tuple[DriftedField, ...]

    @property
    def observed(self) -> tuple[str, ...]:
        """What was seen, as `field=value` lines."""
        return tuple(f"{one.field}={one.observed}" for one in self.fields if one.observed is not None)

    @property
    def expected(self) -> tuple[str, ...]:
        """What is recorded in its place, as `field=value` lines."""
        return tuple(f"{one.field}={one.recorded}" for one in self.fields if one.recorded is not None)

    @property
    def said(self) -> str:
        """What was found, for people."""
        if not self.fields:
            return "is as recorded again"
        if all(one.observed is None for one in self.fields):
            return "is gone, or a part of it is"
        names = [one.field for one in self.fields]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return f"is not as recorded: {', '.join(names[:NAMED])}{more}"


def finding(key: str, version: int, differences: Iterable[Difference], *, ignore: Sequence[str] = ()) -> Finding:
    """What a target's differences mean; `ignore` are names of fields that may differ, also as patterns (`probe*`).

    Of an environment variable only its name is kept: its value can be a secret, and whoever changed it is not asked.
    """
    found = (
        DriftedField(one.field, _shown(one.field, one.after), _shown(one.field, one.before))
        for one in differences
        if not any(fnmatchcase(one.field, pattern) for pattern in ignore)
    )
    return Finding(key, version, tuple(sorted(found, key=lambda one: one.field)))


def drifted_fields(expected: Sequence[str], observed: Sequence[str]) -> tuple[DriftedField, ...]:
    """The fields that were stored as these lines, by name."""
    recorded, seen = pairs(expected), pairs(observed)
    return tuple(DriftedField(name, recorded.get(name), seen.get(name)) for name in sorted({*recorded, *seen}))


def _shown(field: str, value: str | None) -> str | None:
    return MASKED if value is not None and field.startswith(ENVIRONMENT) else value
