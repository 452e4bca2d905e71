"""What was seen at a target as a version that says so: the desired version with the observed values in it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import orjson
from pydantic import JsonValue

from app.domain.drift import DriftedField
from app.domain.manifest_writing import version_content
from app.domain.plan_changes import ENVIRONMENT
from app.domain.version_input import read_version
from app.domain.versions import VersionSpec
from app.domain.workloads import ProbeKind
from app.errors import InvalidInput, Problems

_Content: TypeAlias = dict[str, JsonValue]
_BOUNDS: Final = {
    "cpu_request": ("requests", "cpu"),
    "cpu_limit": ("limits", "cpu"),
    "memory_request": ("requests", "memory"),
    "memory_limit": ("limits", "memory"),
}
_NUMBERS: Final = {"replicas": "replicas", "deadline_seconds": "deadlineSeconds"}
_WORDS: Final = frozenset({"command", "args"})
PORT: Final = "port."
FIELD: Final = "deployment"
"""The input that is to blame for what cannot be accepted."""


def accepted(desired: VersionSpec, fields: Sequence[DriftedField]) -> VersionSpec:
    """The desired version with what was observed in its place.

    Raises InvalidInput naming every field that no version can say: what is missing as a whole, what the provider adds
    of its own, and variables that were set to something, because their values are not kept.
    """
    content = version_content(desired)
    refused = [said for one in fields if (said := _put(content, one)) is not None]
    if refused:
        raise InvalidInput(f"what was seen cannot be made desired: {'; '.join(refused)}; revert it instead", FIELD)
    try:
        return read_version(content, at="version")
    except (InvalidInput, Problems) as problem:
        raise InvalidInput(f"what was seen cannot be made desired: {problem}", FIELD) from problem


def _put(content: _Content, one: DriftedField) -> str | None:
    """Put one field's observed value into a service's specification; says why where that cannot be done."""
    name, seen = one.field, one.observed
    if name == "image" and seen is not None:
        content["image"] = seen
        content.pop("version", None)
    elif name in _NUMBERS and seen is not None and seen.isdecimal():
        content[_NUMBERS[name]] = int(seen)
    elif name in _WORDS:
        return _words(content, name, seen)
    elif name in _BOUNDS:
        _bound(content, *_BOUNDS[name], seen)
    elif name == "probe":
        return _probe(content, seen)
    elif name.startswith(PORT):
        return _port(content, name.removeprefix(PORT), seen)
    elif name.startswith(ENVIRONMENT) and seen is None:
        _leave_out(content, "env", name.removeprefix(ENVIRONMENT))
    elif name.startswith(ENVIRONMENT):
        return f"the value of {name} is not kept"
    else:
        return f"{name} is missing" if seen is None else f"{name} is no part of a version"
    return None


def _words(content: _Content, name: str, seen: str | None) -> str | None:
    try:
        words = [] if seen is None else orjson.loads(seen)
    except orjson.JSONDecodeError:
        return f"{name} cannot be told apart into words"
    content[name] = words
    return None


def _bound(content: _Content, bound: str, resource: str, seen: str | None) -> None:
    resources = content.setdefault("resources", {})
    bounds = resources.setdefault(bound, {}) if isinstance(resources, dict) else {}
    if isinstance(bounds, dict):
        bounds.pop(resource, None)
        if seen is not None:
            bounds[resource] = seen


def _probe(content: _Content, seen: str | None) -> str | None:
    content.pop("readiness", None)
    if seen is None:
        return None
    kind, _, rest = seen.partition(":")
    port, slash, path = rest.partition("/")
    if kind not in {one.value for one in ProbeKind} or not port.isdecimal():
        return f"a probe {seen} is no part of a version"
    asked: _Content = {"port": int(port)}
    if slash:
        asked["path"] = f"/{path}"
    content["readiness"] = {kind: asked}
    return None


def _port(content: _Content, name: str, seen: str | None) -> str | None:
    ports = _leave_out(content, "ports", name)
    if seen is None:
        return None
    number, _, target = seen.partition(":")
    if not number.isdecimal() or not target.isdecimal():
        return f"port {name} to {target} is no part of a version"
    ports.append({"name": name, "port": int(number), "targetPort": int(target)})
    return None


def _leave_out(content: _Content, key: str, name: str) -> list[JsonValue]:
    entries = content.get(key)
    there = entries if isinstance(entries, list) else []
    kept = [one for one in there if not isinstance(one, dict) or one["name"] != name]
    content[key] = kept
    return kept
