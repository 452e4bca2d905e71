"""What the compiler is told about the graph: node types, their leaves and edges, and where a query may enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    REASON = "WaitReason"
    ENUM = "enum"


class SortDirection(Enum):
    """Which way a key of an order runs."""

    ASC = "ascending"
    DESC = "descending"


class Direction(StrEnum):
    """Which way an edge points, seen from the type that declares it."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that is one stored property; `many` makes it a list without holes.

    `names` gives the GraphQL name for each stored value of an enum. `filterable` is whether lists are narrowed and
    ordered by it; `indexed` says that an index on tenant, property and id finds it.
    """

    name: str
    property: str
    kind: LeafKind
    nullable: bool = False
    many: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    filterable: bool = True
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """One relationship and the label of the node it leads to."""

    type: str
    direction: Direction
    label: str


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order; the last key of an order is unique within the list.

    A missing value comes last, or first where the key is descending; `nullable` is False where there is none. `indexed`
    says that an index on tenant, property and id delivers the order.
    """

    property: str
    kind: LeafKind = LeafKind.ID
    descending: bool = False
    nullable: bool = False
    indexed: bool = False


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


Test = Equals | StartsWith | Contains | AtLeast


@dataclass(frozen=True, slots=True)
class Filter:
    """An argument of one list alone that narrows it; `argument` is its path (`("filter", "type")`)."""

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


@dataclass(frozen=True, slots=True)
class Composed:
    """A field that is a list of values made of several stored properties of its node.

    `make` takes the properties in their order, each as it is stored or None; the attributes of what it gives are the
    fields of the GraphQL type, in snake case.
    """

    name: str
    properties: tuple[str, ...]
    make: Callable[..., Sequence[object]]


Field = Leaf | Composed | ToOne | ToMany


@dataclass(frozen=True, slots=True)
class TextIndex:
    """A full-text index over the property `tenant` and those of `weights`, which say how much a word in one counts."""

    name: str
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class NodeType:
    """A type of node: its GraphQL name, its label and its fields by GraphQL name; `text` finds its nodes by words."""

    name: str
    label: str
    fields: Mapping[str, Field]
    text: TextIndex | None = None


@dataclass(frozen=True, slots=True)
class AbstractType:
    """An interface or a union: its GraphQL name, and the types of node it stands for.

    `label` is what all of them carry; `Plan|Run` where no one label does.
    """

    name: str
    label: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryOne:
    """A root field that is one node, found by key: given in an argument, or (`argument` None) the actor's own."""

    name: str
    target: str
    argument: str | None = "id"
    key: str = "id"


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A root field that is a page of all nodes of a type; `filters` are arguments that only this list has."""

    name: str
    target: str
    order: tuple[Order, ...]
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class EntrySearch:
    """A root field that is a page of what a text finds by a full-text index, the best first, ties by id.

    The index is over the property `tenant` and those of `weights`, which say how much a word in one of them counts.
    `text` and `kinds` name the arguments that give the text and the labels to keep to; `score` is the field of an edge
    that says how well it fits.
    """

    name: str
    target: str
    index: str
    weights: Mapping[str, float]
    text: str = "text"
    kinds: str = "kinds"
    score: Leaf = Leaf("score", "score", LeafKind.FLOAT)

    @property
    def order(self) -> tuple[Order, ...]:
        """The best first, and the same for everyone where two are as good."""
        return Order("score", LeafKind.FLOAT, descending=True), Order("id")

    @property
    def properties(self) -> Mapping[str, Leaf]:
        """What an edge says besides its node."""
        return {self.score.name: self.score}


Entry = EntryOne | EntryPage | EntrySearch


class ModelInvalid(Exception):
    """The model contradicts itself; the message says where."""


@dataclass(frozen=True, slots=True)
class Model:
    """All node types by GraphQL name, all entries by the name of the root field, and interfaces and unions by name.

    Raises ModelInvalid where a target or an order is not declared.
    """

    types: Mapping[str, NodeType]
    entries: Mapping[str, Entry]
    abstract: Mapping[str, AbstractType] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.types.values():
            for each in node.fields.values():
                if isinstance(each, Leaf | Composed):
                    continue
                self._check(f"{node.name}.{each.name}", each.target, each.hops[-1].label)
        for entry in self.entries.values():
            self._check(f"Query.{entry.name}", entry.target, None)

        for abstract in self.abstract.values():
            for member in abstract.members:
                if member not in self.types:
                    raise ModelInvalid(f"{abstract.name} stands for {member}, which is not declared")

    def target(self, name: str) -> NodeType | AbstractType:
        """What a field leads to, by GraphQL name."""
        return self.abstract[name] if name in self.abstract else self.types[name]

    def members(self, type_: NodeType | AbstractType) -> tuple[NodeType, ...]:
        """The types of node that a type stands for: itself, where it is one."""
        if isinstance(type_, NodeType):
            return (type_,)
        return tuple(self.types[name] for name in type_.members)

    def _check(self, where: str, target: str, label: str | None) -> None:
        if target not in self.types and target not in self.abstract:
            raise ModelInvalid(f"{where} leads to {target}, which is not declared")
        found = self.target(target).label
        if label is not None and found != label:
            raise ModelInvalid(f"{where} ends at label {label}, but {target} has label {found}")
