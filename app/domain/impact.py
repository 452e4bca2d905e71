"""What a change of one node reaches: pure, from the edges around it; no input or output.

An effect runs from a whole to its parts, and from what is needed to what needs it. A path of it is hard where all its
edges are; what any hard path reaches is affected hard, whatever else leads there.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

DIGEST_FORMAT: Final = 1
PARTS: Final = frozenset({"CONTAINS", "HAS_ENVIRONMENT", "HAS_SERVICE", "HAS_VERSION"})
"""Edges from a whole to its parts; every other edge leads from what needs to what is needed."""


class ChangeKind(StrEnum):
    """What would happen to the node."""

    DELETE = "delete"
    UPDATE = "update"
    OUTAGE = "outage"


def is_hard(type_: str, kind: str | None) -> bool:
    """Whether what an edge leads to is needed, and not only wanted."""
    return kind != "soft" and type_ != "PROMOTES_TO"


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges of one type and kind as they are in the graph, from `starts[i]` to `ends[i]`."""

    type: str
    kind: str | None
    starts: Sequence[str]
    ends: Sequence[str]

    @property
    def hard(self) -> bool:
        """Whether what is reached cannot do without what it is reached from."""
        return is_hard(self.type, self.kind)

    def effects(self) -> Iterable[tuple[str, str]]:
        """Each edge as (what it is reached from, what is reached)."""
        return (
            zip(self.starts, self.ends, strict=True) if self.type in PARTS else zip(self.ends, self.starts, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Link:
    """One edge of a path, in the direction that it has in the graph."""

    start: str
    end: str
    type: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Affected:
    """A node that is reached: `hops` is the length of the path to it that is shown, `link` that path's last edge."""

    id: str
    label: str
    version: int
    hard: bool
    hops: int
    before: str
    link: Link


@dataclass(frozen=True, slots=True)
class Facts:
    """What the graph says of a node."""

    label: str
    version: int


@dataclass(frozen=True, slots=True)
class Impact:
    """All that a change reaches, by the number of hops and then by id."""

    node: str
    label: str
    version: int
    change: ChangeKind
    affected: tuple[Affected, ...]
    owners: Mapping[str, str]
    truncated: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many nodes of each label are reached, by label."""
        return dict(sorted(Counter(one.label for one in self.affected).items()))

    @property
    def digest(self) -> str | None:
        """SHA-256 over what a caller was shown; None where not all of it could be.

        It covers the node and its version, the change, every affected node with its version, how it is reached, and
        which team owns each project; nothing that is not shown, and no time.
        """
        if self.truncated:
            return None
        content = [
            DIGEST_FORMAT,
            self.change.value,
            [self.node, self.version],
            [[one.id, one.version, one.hard, one.hops, one.before, one.link.type] for one in self.affected],
            sorted(self.owners.items()),
        ]
        return hashlib.sha256(orjson.dumps(content)).hexdigest()


class Unreached(Exception):
    """The node asked for is not affected."""


class Paths:
    """The paths to what an impact reaches."""

    def __init__(self, hard: Mapping[str, _Reached], any_: Mapping[str, _Reached]) -> None:
        self._hard = hard
        self._any = any_

    def to(self, id: str) -> tuple[Link, ...]:
        """The edges of the path that is shown for a node, from the changed one on. Raises Unreached."""
        tree = self._hard if id in self._hard else self._any
        if id not in tree:
            raise Unreached(id)
        links: list[Link] = []
        at = tree[id]
        while at.before is not None:
            links.append(_link(at, id))
            id = at.before
            at = tree[id]
        links.reverse()
        return tuple(links)


@dataclass(frozen=True, slots=True)
class _Reached:
    hops: int
    before: str | None
    edges: Edges | None


def _link(at: _Reached, id: str) -> Link:
    if at.edges is None or at.before is None:
        raise Unreached(id)
    start, end = (at.before, id) if at.edges.type in PARTS else (id, at.before)
    return Link(start, end, at.edges.type, at.edges.kind)


def _tree(root: str, groups: Sequence[Edges]) -> dict[str, _Reached]:
    """Breadth first from the root. Of paths of the same length, that over the least ids is taken."""
    following: dict[str, list[tuple[str, int]]] = {}
    for number, group in enumerate(groups):
        for source, reached in group.effects():
            following.setdefault(source, []).append((reached, number))
    found = {root: _Reached(0, None, None)}
    current, hops = [root], 0
    while current:
        hops += 1
        following_level: list[str] = []
        for source in current:
            for reached, number in following.get(source, ()):
                if reached not in found:
                    found[reached] = _Reached(hops, source, groups[number])
                    following_level.append(reached)
        following_level.sort()
        current = following_level
    return found


def assess(
    root: str,
    nodes: Mapping[str, Facts],
    edges: Sequence[Edges],
    *,
    change: ChangeKind,
    owners: Mapping[str, str],
    truncated: bool = False,
) -> tuple[Impact, Paths]:
    """What a change of `root` reaches over these edges, and the paths; the order in which edges are said is no matter.

    Edges to nodes that are not among `nodes` are left out. Takes time in proportion to nodes and edges.
    """
    groups = sorted(edges, key=lambda one: (one.type, one.kind or ""))
    hard = _tree(root, [one for one in groups if one.hard])
    any_ = _tree(root, groups) if not all(one.hard for one in groups) else hard
    affected = []
    for id, at in any_.items():
        shown = hard.get(id, at)
        if shown.before is not None and id in nodes:
            facts = nodes[id]
            link = _link(shown, id)
            affected.append(Affected(id, facts.label, facts.version, id in hard, shown.hops, shown.before, link))
    affected.sort(key=lambda one: (one.hops, one.id))
    own = nodes[root]
    return Impact(root, own.label, own.version, change, tuple(affected), dict(owners), truncated), Paths(hard, any_)


def project_of(id: str) -> str:
    """The id of the project that something belongs to, by its own id; ids are paths."""
    return id.partition("/")[0].partition("@")[0]
