"""Manifests in requests that the server takes: one where it fits, else several in the order in which they can exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import JsonValue

LARGEST_REQUEST: Final = 900 * 1024
"""Bytes of manifests in one request; the server takes 1 MiB, and the rest of the request needs some."""

_ORDER: Final = {"Project": 0, "Environment": 1, "Application": 2, "Template": 3, "Service": 4}


@dataclass(frozen=True, slots=True)
class Batch:
    """Manifests of one request, by their positions among all; a problem's index counts within the batch."""

    positions: tuple[int, ...]


def split(contents: Sequence[JsonValue], largest: int = LARGEST_REQUEST) -> list[Batch]:
    """The batches in which to send manifests, each below `largest` bytes unless a single manifest is larger.

    One batch keeps the order of the files. Several put projects first, then environments, applications, templates
    and services, a service after the services it depends on.
    """
    sizes = [len(orjson.dumps(content)) + 1 for content in contents]
    if sum(sizes) <= largest:
        return [Batch(tuple(range(len(contents))))]
    batches: list[Batch] = []
    current: list[int] = []
    room = largest
    for position in _creation_order(contents):
        if current and sizes[position] > room:
            batches.append(Batch(tuple(current)))
            current, room = [], largest
        current.append(position)
        room -= sizes[position]
    return [*batches, Batch(tuple(current))]


def _creation_order(contents: Sequence[JsonValue]) -> list[int]:
    services = {_service(content): position for position, content in enumerate(contents) if _kind(content) == "Service"}
    depths: dict[int, int] = {}
    for position in services.values():
        _measure(contents, services, depths, position)
    return sorted(
        range(len(contents)),
        key=lambda position: (_ORDER.get(_kind(contents[position]), 0), depths.get(position, 0), position),
    )


def _measure(contents: Sequence[JsonValue], services: Mapping[str, int], depths: dict[int, int], start: int) -> None:
    """Record how many services deep the needs of one reach; a circle ends where it closes."""
    path = [(start, iter(_needs(contents[start])))]
    open_positions = {start}
    deepest = {start: 0}
    while path:
        position, needs = path[-1]
        need = next(needs, None)
        if need is None:
            path.pop()
            open_positions.discard(position)
            depths[position] = deepest[position]
            if path:
                above = path[-1][0]
                deepest[above] = max(deepest[above], depths[position] + 1)
            continue
        target = services.get(need)
        if target is None or target in open_positions:
            continue
        if target in depths:
            deepest[position] = max(deepest[position], depths[target] + 1)
        else:
            path.append((target, iter(_needs(contents[target]))))
            open_positions.add(target)
            deepest[target] = 0


def _kind(content: JsonValue) -> str:
    kind = content.get("kind") if isinstance(content, dict) else None
    return kind if isinstance(kind, str) else ""


def _part(content: JsonValue, name: str) -> dict[str, JsonValue]:
    part = content.get(name) if isinstance(content, dict) else None
    return part if isinstance(part, dict) else {}


def _service(content: JsonValue) -> str:
    metadata = _part(content, "metadata")
    return f"{metadata.get('project')}/{metadata.get('application')}/{metadata.get('name')}"


def _needs(content: JsonValue) -> list[str]:
    metadata, dependencies = _part(content, "metadata"), _part(content, "spec").get("dependencies")
    found = []
    for dependency in dependencies if isinstance(dependencies, list) else []:
        reference = dependency.get("service") if isinstance(dependency, dict) else None
        if isinstance(reference, str):
            application = "" if "/" in reference else f"{metadata.get('application')}/"
            found.append(f"{metadata.get('project')}/{application}{reference}")
    return found
