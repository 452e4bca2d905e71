"""What a step changes, field by field: values before and after, secrets masked, and what nobody can know yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.workloads import Workload

MASKED: Final = "(masked)"
"""What is shown of a secret, before and after alike: that it changes is said by its being among the changes."""
ENVIRONMENT: Final = "environment."
_SECRET_WORDS: Final = (
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "CREDENTIAL",
)
_CREDENTIALS: Final = re.compile(r"://[^/@\s]*:[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a value cannot be known yet, and the key of the step it comes from."""

    reason: str
    origin: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that a step changes: None where there is no value on that side, or where `unknown` says why.

    The values of a `sensitive` one are masked.
    """

    field: str
    before: str | None
    after: str | None
    sensitive: bool = False
    unknown: Unknown | None = None


@dataclass(frozen=True, slots=True)
class ChangeLines:
    """Changes as native lists of texts: `field=value`, names of fields, and `field=origin reason`."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def lines(changes: Iterable[FieldChange]) -> ChangeLines:
    """The changes as they are stored; `changes_of` inverts it."""
    changes = tuple(changes)
    return ChangeLines(
        before=tuple(f"{one.field}={one.before}" for one in changes if one.before is not None),
        after=tuple(f"{one.field}={one.after}" for one in changes if one.after is not None),
        sensitive=tuple(one.field for one in changes if one.sensitive),
        unknown=tuple(f"{one.field}={one.unknown.origin} {one.unknown.reason}" for one in changes if one.unknown),
    )


def changes_of(
    before: Sequence[str], after: Sequence[str], sensitive: Sequence[str], unknown: Sequence[str]
) -> tuple[FieldChange, ...]:
    """The changes that were stored as these lines, sorted by field."""
    old, new, open_ = pairs(before), pairs(after), pairs(unknown)
    masked = frozenset(sensitive)
    return tuple(
        FieldChange(name, old.get(name), new.get(name), name in masked, _unknown(open_.get(name)))
        for name in sorted({*old, *new, *open_})
    )


def pairs(lines: Iterable[str]) -> dict[str, str]:
    """`name=value` lines by name."""
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _unknown(text: str | None) -> Unknown | None:
    if text is None:
        return None
    origin, _, reason = text.partition(" ")
    return Unknown(reason, origin)


def is_sensitive(field: str, value: str | None) -> bool:
    """Whether a field's value must not be shown.

    That is an environment variable whose name speaks of a secret, or whose value is an address with a password in it.
    """
    if not field.startswith(ENVIRONMENT):
        return False
    name = field.removeprefix(ENVIRONMENT).upper()
    return any(word in name for word in _SECRET_WORDS) or (value is not None and bool(_CREDENTIALS.search(value)))


def fields(workload: Workload) -> dict[str, str]:
    """A workload as flat text fields, secrets masked."""
    return {name: MASKED if is_sensitive(name, value) else value for name, value in _plain(workload).items()}


def differences(
    before: Workload | None,
    after: Workload | None,
    *,
    observed: Sequence[str] = (),
    expected: Sequence[str] = (),
    unknown: Mapping[str, Unknown] | None = None,
) -> tuple[FieldChange, ...]:
    """What only one of the two has, or has with another value; sorted by field.

    `observed` are `field=value` lines that were seen in place of what is recorded, which `expected` says: what is
    expected and not observed was seen to be missing. `unknown` are the fields of `after` whose value nobody can know
    yet.
    """
    recorded = {} if before is None else _plain(before)
    seen, own = pairs(observed), pairs(expected)
    old = {name: value for name, value in recorded.items() if name not in own} | seen
    new = {} if after is None else _plain(after)
    if after is not None:
        # What a provider adds of its own is no field of any version: it is put back as it was.
        new |= {name: value for name, value in own.items() if name not in recorded and name not in new}
    open_ = unknown or {}
    return tuple(
        change(name, old.get(name), new.get(name), unknown=open_.get(name))
        for name in sorted({*old, *new})
        if name in open_ or old.get(name) != new.get(name)
    )


def change(field: str, before: str | None, after: str | None, *, unknown: Unknown | None = None) -> FieldChange:
    """One change, masked where it has to be."""
    if unknown is None and not field.startswith(ENVIRONMENT):
        return FieldChange(field, before, after)
    sensitive = is_sensitive(field, before) or is_sensitive(field, after)
    if unknown is not None:
        after = None
    return FieldChange(
        field,
        MASKED if sensitive and before is not None else before,
        MASKED if sensitive and after is not None else after,
        sensitive,
        unknown,
    )


def _plain(workload: Workload) -> dict[str, str]:
    resources, probe = workload.resources, workload.probe
    flat: dict[str, str | None] = {
        "version": workload.version_id,
        "image": workload.image,
        "replicas": str(workload.replicas),
        "command": " ".join(workload.command) or None,
        "args": " ".join(workload.args) or None,
        "cpu_request": resources.cpu_request,
        "cpu_limit": resources.cpu_limit,
        "memory_request": resources.memory_request,
        "memory_limit": resources.memory_limit,
        "deadline_seconds": str(workload.deadline_seconds),
    }
    for port in workload.ports:
        flat[f"port.{port.name}"] = f"{port.number}:{port.target}"
    for name, value in workload.environment:
        flat[f"{ENVIRONMENT}{name}"] = value
    if probe is not None:
        flat["probe"] = f"{probe.kind}:{probe.port}{probe.path or ''}"
    return {name: value for name, value in flat.items() if value is not None}
