"""Impact and deletion as the server answers them, and as people read them."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from app.cli.answers import Answer, Page, PathNode, Problem
from app.cli.listings import Edge
from app.cli.tables import cell, count, table


class Owner(Answer):
    """A team that owns something."""

    id: str
    name: str


class Affected(Answer):
    """A node that a change reaches, and the path to it."""

    node: PathNode
    hard: bool
    nodes: list[PathNode]
    edges: list[Edge]
    owner: Owner | None
    environments: list[str]


class Count(Answer):
    """How many nodes of a kind are affected."""

    label: str
    count: int


class Impact(Answer):
    """What a change reaches."""

    node: str
    total: int
    truncated: bool
    digest: str | None
    counts: list[Count]
    affected: Page[Affected]


class ImpactAnswer(Answer):
    """The answer to `impact`."""

    impact: Impact


class DeletePayload(Answer):
    """What was deleted, or why nothing was."""

    id: str | None
    problems: list[Problem]


class DeleteAnswer(Answer):
    """The answer to a deletion of any kind."""

    deleted: DeletePayload


def impact_view(impact: Impact, affected: list[Affected]) -> RenderableType:
    """Every affected node on a line with the path to it, and the sum of them."""
    rows = table("AFFECTED", "HOW", "OWNER", "RUNS IN", "PATH")
    for one in affected:
        rows.add_row(
            cell(f"{one.node.label} {one.node.id}"),
            cell("hard" if one.hard else "soft"),
            cell(one.owner.name if one.owner else None),
            cell(", ".join(one.environments)),
            cell(_path(one)),
        )
    more = " and more" if impact.truncated else ""
    said = ", ".join(f"{each.count} {each.label}" for each in impact.counts)
    total = Text(f"{count(impact.total, 'node')}{more} affected" + (f": {said}" if said else ""))
    return Group(rows, total) if affected else total


def _path(one: Affected) -> str:
    """The path from what would change, each edge in its own direction: `a <-DEPENDS_ON- b`."""
    text = one.nodes[0].id
    for before, edge, node in zip(one.nodes, one.edges, one.nodes[1:], strict=False):
        arrow = f"-{edge.type}->" if edge.source == before.id else f"<-{edge.type}-"
        text += f" {arrow} {node.id}"
    return text
