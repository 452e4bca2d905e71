"""Where each selected thing stands in the lists that a compiled statement returns."""

from __future__ import annotations

from dataclasses import dataclass

from app.projection.model import Composed, Leaf
from app.projection.selection import PageFact, PartSelected, TypeName


@dataclass(frozen=True, slots=True)
class Constant:
    """A text that is known before the query runs."""

    text: str


@dataclass(frozen=True, slots=True)
class LeafAt:
    """A stored property."""

    slot: int
    leaf: Leaf


@dataclass(frozen=True, slots=True)
class ComposedAt:
    """Values made of several properties, and what is selected of each."""

    slots: tuple[int, ...]
    field: Composed
    parts: tuple[TypeName | PartSelected, ...]


@dataclass(frozen=True, slots=True)
class OneAt:
    """A list of at most one row, of `width` values, of the node it leads to."""

    slot: int
    width: int
    nullable: bool
    node: AnyLayout | NodeLayout


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """What of a row stands under which key."""

    type_name: str
    items: tuple[tuple[str, Constant | LeafAt | ComposedAt | OneAt | PageAt], ...]


@dataclass(frozen=True, slots=True)
class AnyLayout:
    """A node of one of several types: the number of its type in `each`, and the row it then has.

    `each` gives a row's width, and what of it stands under which key.
    """

    slot: int
    each: tuple[tuple[int, NodeLayout], ...]


@dataclass(frozen=True, slots=True)
class CursorAt:
    """The cursor of a row of a page."""


@dataclass(frozen=True, slots=True)
class EdgeLayout:
    """One edge of a page; its node reads the same row."""

    items: tuple[tuple[str, Constant | LeafAt | CursorAt | NodeLayout | AnyLayout], ...]


@dataclass(frozen=True, slots=True)
class InfoLayout:
    """A page's `pageInfo`."""

    items: tuple[tuple[str, Constant | PageFact], ...]


@dataclass(frozen=True, slots=True)
class PageAt:
    """A page: a list of rows and a count, each where it is needed.

    A row has `width` values. `limit` is the parameter that holds one more than the page's size; `keys` are the slots
    that a cursor is made of, `order` is what cursors call the order; `begun` is whether it starts after a place.
    """

    rows: int | None
    count: int | None
    limit: str
    width: int
    keys: tuple[int, ...]
    order: str | None
    begun: bool
    items: tuple[tuple[str, Constant | PageFact | NodeLayout | AnyLayout | EdgeLayout | InfoLayout], ...]


@dataclass(frozen=True, slots=True)
class EntryAt:
    """A root field that is one node; `named` says what was looked for, in the words of a refusal."""

    slot: int
    width: int
    target: str
    parameter: str
    node: NodeLayout | AnyLayout


@dataclass(frozen=True, slots=True)
class RootLayout:
    """What the columns `f0, f1, …` of a statement hold, by response key."""

    width: int
    items: tuple[tuple[str, Constant | EntryAt | PageAt], ...]

    @property
    def lists(self) -> tuple[int, ...]:
        """The columns that hold the rows of a page."""
        pages = (how for _, how in self.items if isinstance(how, PageAt))
        return tuple(sorted({page.rows for page in pages if page.rows is not None}))
