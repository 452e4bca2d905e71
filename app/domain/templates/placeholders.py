"""Placeholders: `${inputs.image}` in a template's workload stands for what a service's configuration says.

A text that is one placeholder becomes the value as it is, of whatever type; within a text, and where a workload takes
text alone, it becomes text. `$${inputs.image}` stays as it is, and so does `${cart.address}`, which is for the outputs
of services. What is put in is not looked through again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import JsonValue

from app.domain.templates.schemas import Path

_PART: Final = r"[A-Za-z_][A-Za-z0-9_-]{0,99}"
_PLACEHOLDER: Final = re.compile(rf"(?<!\$)\$\{{inputs\.({_PART}(?:\.{_PART}){{0,9}})\}}")
_MEANT: Final = re.compile(r"(?<!\$)\$\{\s*inputs(?![A-Za-z0-9/-])[^{}]{0,200}\}?")
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder: where it stands, the input that it names, and whether it becomes text."""

    path: Path
    input: tuple[str, ...]
    text: bool

    @property
    def name(self) -> str:
        """The input as it is written: `database.host`."""
        return ".".join(self.input)


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that was meant as a placeholder and is none."""

    path: Path
    written: str


def find(content: JsonValue) -> Iterator[Placeholder | Malformed]:
    """All placeholders of a workload, in its order."""
    pending: list[tuple[Path, JsonValue]] = [((), content)]
    while pending:
        path, value = pending.pop(0)
        if isinstance(value, dict):
            for key in value:
                yield from (Malformed((*path, key), one[0][:_SHOWN]) for one in _MEANT.finditer(key))
            pending = [((*path, key), inner) for key, inner in value.items()] + pending
        elif isinstance(value, list):
            pending = [((*path, place), inner) for place, inner in enumerate(value)] + pending
        elif isinstance(value, str) and "${" in value:
            yield from _within(path, value)


def _within(path: Path, text: str) -> Iterator[Placeholder | Malformed]:
    for meant in _MEANT.finditer(text):
        found = _PLACEHOLDER.fullmatch(meant[0])
        if found is None:
            yield Malformed(path, meant[0][:_SHOWN])
        else:
            yield Placeholder(path, tuple(found[1].split(".")), meant[0] != text or takes_text(path))


def takes_text(path: Path) -> bool:
    """Whether a workload takes nothing but text there: an image, a variable's value, a word of a command."""
    match path:
        case ("image",) | ("command" | "args", int()) | ("env", int(), "name" | "value"):
            return True
        case _:
            return False


def render(content: JsonValue, inputs: Mapping[str, JsonValue]) -> JsonValue:
    """A workload with values in place of all placeholders; `inputs` has one for each."""
    return _rendered((), content, inputs)


def _rendered(path: Path, content: JsonValue, inputs: Mapping[str, JsonValue]) -> JsonValue:
    if isinstance(content, dict):
        return {key: _rendered((*path, key), value, inputs) for key, value in content.items()}
    if isinstance(content, list):
        return [_rendered((*path, place), value, inputs) for place, value in enumerate(content)]
    if not isinstance(content, str) or "${" not in content:
        return content
    whole = _PLACEHOLDER.fullmatch(content)
    if whole is None:
        return _PLACEHOLDER.sub(lambda found: _text(_value(found[1], inputs)), content)
    value = _value(whole[1], inputs)
    return _text(value) if takes_text(path) and not isinstance(value, dict | list) else value


def _value(name: str, inputs: Mapping[str, JsonValue]) -> JsonValue:
    value: JsonValue = dict(inputs)
    for part in name.split("."):
        value = value[part] if isinstance(value, dict) else None
    return value


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
