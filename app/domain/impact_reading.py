"""What a change of one node reaches, read from the graph: the ids alone, how many of each kind, or all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from app.domain.impact import ChangeKind, Edges, Facts, Impact, Paths, assess, project_of
from app.domain.rows import listed, number, texts
from app.errors import NotFound
from app.transactions import Reader, Row, Value

MOST_AFFECTED: Final = 100_000
"""More nodes than this are not looked at: the answer says that it is truncated, and has no digest."""
EDGES_A_NODE: Final = 5
_IN_PASSING: Final = 2_000
"""Up to so many nodes are searched at once; more of them in a thread, so that other requests are answered meanwhile."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The ids of what is affected, in no particular order."""

    ids: Sequence[str]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Described:
    """A node as people know it; `environments` are the ids of those it runs in."""

    id: str
    label: str
    name: str
    status: str | None
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """The team that owns a project."""

    id: str
    name: str


def _only(rows: Sequence[Row], id: str) -> Row:
    if not rows:
        raise NotFound(f"there is no node {id[:100]!r}", "node")
    return rows[0]


async def read_ids(reader: Reader, id: str, change: ChangeKind, *, most: int = MOST_AFFECTED) -> Reach:
    """The ids of all that the change reaches: one statement that returns one list. Raises NotFound."""
    rows = await reader.run("impact/collect_affected", id=id, change=change.value, limit=most + 2)
    row = _only(rows, id)
    users, others = listed(row["users"]), texts(row["others"])
    found: list[str] = list(users)  # type: ignore[arg-type]
    if others != (id,):
        found = list(dict.fromkeys([*found, *others]))
    with suppress(ValueError):
        found.remove(id)
    return Reach(found[:most], len(found) > most)


async def read_counts(
    reader: Reader, id: str, change: ChangeKind, *, most: int = MOST_AFFECTED
) -> tuple[dict[str, int], bool]:
    """How many nodes of each label the change reaches, and whether there are more. Raises NotFound."""
    rows = await reader.run("impact/count_affected", id=id, change=change.value, limit=most + 2)
    counts = {str(label): number(count) for label, count in map(listed, listed(_only(rows, id)["counts"]))}
    return dict(sorted(counts.items())), sum(counts.values()) > most


async def read_impact(
    reader: Reader, id: str, change: ChangeKind, *, most: int = MOST_AFFECTED
) -> tuple[Impact, Paths]:
    """All that the change reaches, with the paths and the digest: two statements. Raises NotFound."""
    edge_limit = most * EDGES_A_NODE
    rows = await reader.run(
        "impact/read_affected", id=id, change=change.value, limit=most + 2, edge_limit=edge_limit + 1
    )
    row = _only(rows, id)
    groups = [listed(group) for group in listed(row["nodes"])]
    size = sum(len(listed(ids)) for _, ids, _ in groups)
    owners = await read_owners(reader, [id, *(one for _, ids, _ in groups for one in texts(ids))])
    named = {project: owner.id for project, owner in owners.items()}

    def search() -> tuple[Impact, Paths]:
        edges = [_edges(group) for group in listed(row["edges"])]
        truncated = size > most + 1 or sum(len(one.starts) for one in edges) > edge_limit
        return assess(id, _facts(groups), edges, change=change, owners=named, truncated=truncated)

    return await asyncio.to_thread(search) if size > _IN_PASSING else search()


def _facts(groups: Sequence[Sequence[Value]]) -> dict[str, Facts]:
    return {
        str(id): Facts(str(label), number(version))
        for label, ids, versions in groups
        for id, version in zip(listed(ids), listed(versions), strict=True)
    }


def _edges(group: Value) -> Edges:
    type_, kind, starts, ends = listed(group)
    return Edges(str(type_), None if kind is None else str(kind), texts(starts), texts(ends))


async def read_owners(reader: Reader, ids: Sequence[str]) -> dict[str, Owner]:
    """Which team owns each of the projects that nodes belong to, by the project's id."""
    projects = sorted({project_of(id) for id in ids})
    rows = await reader.run("impact/list_owners", ids=projects)
    return {str(row["project_id"]): Owner(str(row["team_id"]), str(row["team_name"])) for row in rows}


async def describe(reader: Reader, ids: Sequence[str]) -> dict[str, Described]:
    """What nodes are called and where they run, by id; what is gone meanwhile is not there."""
    rows = await reader.run("impact/describe_nodes", ids=sorted(set(ids)))
    return {
        str(row["id"]): Described(
            str(row["id"]),
            str(row["label"]),
            str(row["name"]),
            None if row["status"] is None else str(row["status"]),
            texts(row["environments"]),
        )
        for row in rows
    }
