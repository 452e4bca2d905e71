"""Answers about freezes, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType

from app.cli.answers import Answer, Page, Problem
from app.cli.tables import cell, table


class Frozen(Answer):
    """A project or an environment, by its id."""

    id: str


class FrozenPlaces(Answer):
    """The first of what a freeze freezes."""

    nodes: list[Frozen]


class Freeze(Answer):
    """A time during which nothing is deployed."""

    id: str
    name: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    projects: FrozenPlaces
    environments: FrozenPlaces


class FreezePayload(Answer):
    """A freeze, or why there is none."""

    freeze: Freeze | None
    problems: list[Problem]


class CreateFreezeAnswer(Answer):
    """The answer to `createFreeze`."""

    create_freeze: FreezePayload


class FreezesAnswer(Answer):
    """The answer to `freezes`."""

    freezes: Page[Freeze]


def freezes_table(freezes: Sequence[Freeze]) -> RenderableType:
    """Freezes, one a line."""
    view = table("FREEZE", "FROM", "UNTIL", "WHERE", "REASON")
    for one in freezes:
        where = ", ".join(each.id for each in [*one.projects.nodes, *one.environments.nodes])
        view.add_row(cell(one.name), cell(one.starts_at), cell(one.ends_at), cell(where), cell(one.reason))
    return view
