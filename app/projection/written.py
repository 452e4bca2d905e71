"""A statement as it was written, and what it takes to run it and to read its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graphql import FieldNode

from app.projection.layout import RootLayout
from app.projection.selection import Arguments
from app.transactions import Value


@dataclass(frozen=True, slots=True)
class Binding:
    """How a parameter gets its value from a field's arguments."""

    parameter: str
    arguments: Arguments
    read: Callable[[Mapping[str, object]], Value]


@dataclass(frozen=True, slots=True)
class Written:
    """A statement, how its parameters get their values, and where its answer's values stand.

    `name` is one of a bounded set, for metrics; `nodes` are the root fields' that may find nothing, by response key;
    `searches` says that the full-text index is asked, and the parameter `scope` needed.
    """

    name: str
    text: str
    bindings: tuple[Binding, ...]
    layout: RootLayout
    nodes: Mapping[str, tuple[FieldNode, ...]]
    searches: bool
