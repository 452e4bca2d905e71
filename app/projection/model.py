"""What the compiler is told about the graph: node types, their leaves and edges, and where a query may enter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum


class LeafKind(Enum):
    """How a stored property is read and completed."""

    STRING = "String"
    ID = "ID"
    INT = "Int"
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    TIME = "DateTime"
    TEXT = "String of any property"
    JSON = "JSON"
    ENUM = "enum"


class Direction(StrEnum):
    """Which way an edge points, seen from the type that declares it."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that is one stored property; `many` makes it a list without holes.

    `names` gives the GraphQL name for each stored value of an enum.
    """

    name: str
    property: str
    kind: LeafKind
    nullable: bool = False
    many: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hop:
    """One relationship and the label of the node it leads to."""

    type: str
    direction: Direction
    label: str


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order; the last key of an order is unique within the list. Stored values are never null."""

    property: str
    kind: LeafKind = LeafKind.ID
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Equals:
    """Keeps nodes whose property has the given value."""

    property: str


@dataclass(frozen=True, slots=True)
class StartsWith:
    """Keeps nodes whose text property begins with the given text."""

    property: str


@dataclass(frozen=True, slots=True)
class Contains:
    """Keeps nodes one of whose text properties contains the given text, in any case."""

    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Keeps nodes whose property ranks as high as the given value, or higher; `ranking` rises."""

    property: str
    ranking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reaches:
    """Keeps nodes from which the hops lead to the node whose `key` has the given value.

    `unique` says that a node reaches the other over at most one path, so that nothing needs to be made distinct.
    """

    hops: tuple[Hop, ...]
    key: str = "id"
    unique: bool = True


Test = Equals | StartsWith | Contains | AtLeast | Reaches


@dataclass(frozen=True, slots=True)
class Filter:
    """An argument that narrows a list; `argument` is its path (`("filter", "type")` inside an input object)."""

    argument: tuple[str, ...]
    test: Test


@dataclass(frozen=True, slots=True)
class ToOne:
    """A field that leads to at most one node."""

    name: str
    hops: tuple[Hop, ...]
    target: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class ToMany:
    """A field that leads to a page of nodes; `properties` are the relationship's, seen on the connection's edges."""

    name: str
    hops: tuple[Hop, ...]
    target: str
    order: tuple[Order, ...]
    properties: Mapping[str, Leaf] = field(default_factory=dict)
    filters: tuple[Filter, ...] = ()


Field = Leaf | ToOne | ToMany


@dataclass(frozen=True, slots=True)
class NodeType:
    """A type of node: its GraphQL name, its label and its fields by GraphQL name."""

    name: str
    label: str
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class EntryOne:
    """A root field that is one node, found by key: given in an argument, or (`argument` None) the actor's own."""

    name: str
    target: str
    argument: str | None = "id"
    key: str = "id"


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A root field that is a page of all nodes of a type, narrowed by filters."""

    name: str
    target: str
    order: tuple[Order, ...]
    filters: tuple[Filter, ...] = ()


Entry = EntryOne | EntryPage


class ModelInvalid(Exception):
    """The model contradicts itself; the message says where."""


@dataclass(frozen=True, slots=True)
class Model:
    """All node types by GraphQL name, and all entries by the name of the root field.

    Raises ModelInvalid where a target or an order is not declared.
    """

    types: Mapping[str, NodeType]
    entries: Mapping[str, Entry]

    def __post_init__(self) -> None:
        for node in self.types.values():
            for each in node.fields.values():
                if isinstance(each, Leaf):
                    continue
                self._check(f"{node.name}.{each.name}", each.target, each.hops[-1].label)
        for entry in self.entries.values():
            self._check(f"Query.{entry.name}", entry.target, None)

    def _check(self, where: str, target: str, label: str | None) -> None:
        if target not in self.types:
            raise ModelInvalid(f"{where} leads to {target}, which is not declared")
        if label is not None and self.types[target].label != label:
            raise ModelInvalid(f"{where} ends at label {label}, but {target} has label {self.types[target].label}")
