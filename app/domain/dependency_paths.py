"""The shortest ways on which one thing needs another.

No path is asked of the database, whose own search does not end on graphs with very many of them: it gives the edges of
all that can be reached, as collected lists, and the search is here, breadth first and bounded in depth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.impact import Edges, Link
from app.domain.rows import listed, number, texts
from app.errors import InvalidInput, NotFound
from app.transactions import Reader

MOST_DEPTH: Final = 100
DEFAULT_DEPTH: Final = 20
MOST_PATHS: Final = 20
MOST_REACHED: Final = 100_000
EDGES_A_NODE: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Paths of the same, least length; `truncated` says that there are more of them."""

    paths: tuple[tuple[Link, ...], ...]
    truncated: bool


def shortest(start: str, end: str, edges: Sequence[Edges], *, depth: int, most: int) -> Found | None:
    """At most `most` of the shortest paths of 1 to `depth` edges, by their ids; None where there is none.

    Circles do no harm: no node is looked at twice. Takes time in proportion to edges, and to what is returned.
    """
    following: dict[str, list[Link]] = {}
    for group in sorted(edges, key=lambda one: (one.type, one.kind or "")):
        for source, target in zip(group.starts, group.ends, strict=True):
            following.setdefault(source, []).append(Link(source, target, group.type, group.kind))
    before: dict[str, list[Link]] = {start: []}
    current = [start]
    for _ in range(depth):
        level: dict[str, list[Link]] = {}
        for node in current:
            for link in following.get(node, ()):
                if link.end not in before:
                    level.setdefault(link.end, []).append(link)
        before |= level
        if end in level:
            return _paths(end, before, most)
        current = list(level)
        if not current:
            break
    return None


def _paths(end: str, before: dict[str, list[Link]], most: int) -> Found:
    found: list[tuple[Link, ...]] = []
    for path in _walk(end, before):
        if len(found) == most:
            return Found(tuple(found), truncated=True)
        found.append(path)
    return Found(tuple(found), truncated=False)


def _walk(end: str, before: dict[str, list[Link]]) -> Iterator[tuple[Link, ...]]:
    """Every path, from its last edge to its first; what is open is kept in a list and not on the stack."""
    waiting: list[tuple[str, tuple[Link, ...]]] = [(end, ())]
    while waiting:
        node, rest = waiting.pop()
        links = sorted(before[node], key=lambda link: (link.start, link.type), reverse=True)
        if not links:
            yield rest
        waiting += [(link.start, (link, *rest)) for link in links]


async def find(reader: Reader, start: str, end: str, *, depth: int | None, most: int | None) -> Found | None:
    """The shortest paths from a node to one that it needs; None where it does not need it, or only over more edges.

    `depth` is 1 to 100 edges, 20 where it is None; `most` 1 to 20 paths, 1 where it is None. Raises NotFound, and
    InvalidInput for numbers out of bounds and where there is more to search than 100,000 nodes.
    """
    deepest, paths = DEFAULT_DEPTH if depth is None else depth, 1 if most is None else most
    if not 1 <= deepest <= MOST_DEPTH:
        raise InvalidInput(f"depth must be between 1 and {MOST_DEPTH}, not {deepest}", "depth")
    if not 1 <= paths <= MOST_PATHS:
        raise InvalidInput(f"first must be between 1 and {MOST_PATHS}, not {paths}", "first")
    edge_limit = MOST_REACHED * EDGES_A_NODE
    rows = await reader.run("graph/read_reachable", id=start, limit=MOST_REACHED + 1, edge_limit=edge_limit + 1)
    there = {str(row["id"]) for row in await reader.run("impact/describe_nodes", ids=[start, end])}
    for id, field in ((start, "from"), (end, "to")):
        if id not in there:
            raise NotFound(f"there is no node {id[:100]!r}", field)
    groups = [listed(group) for group in listed(rows[0]["edges"])] if rows else []
    edges = [
        Edges(str(type_), None if kind is None else str(kind), texts(starts), texts(ends))
        for type_, kind, starts, ends in groups
    ]
    size = sum(len(one.starts) for one in edges)
    if rows and (number(rows[0]["found"]) > MOST_REACHED or size > edge_limit):
        raise InvalidInput(f"{start} needs more than {MOST_REACHED} things: ask from something nearer", "from")
    return await asyncio.to_thread(shortest, start, end, edges, depth=deepest, most=paths)
