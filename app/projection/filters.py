"""The filter language: what a `where` says, read as a tree of conditions, bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from app.errors import InvalidInput
from app.projection.model import Leaf, LeafKind, NodeType, ToMany, ToOne

DEEPEST = 5
"""How many filters may stand within each other, the outermost counted."""
MOST_CONDITIONS = 50
"""How many comparisons and relations one `where` may have in all."""
MOST_VALUES = 100
"""How many values an `in` may list."""
SEARCH = "search"
"""The field of a filter that gives a text to search for."""

Path = tuple[str | int, ...]
"""Where a value stands in a field's arguments: `("where", "or", 0, "name", "eq")`."""


class Operator(Enum):
    """What a property is asked."""

    EQ = "eq"
    IN = "in"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    CONTAINS = "contains"
    STARTS_WITH = "startsWith"
    HAS = "has"
    IS_NULL = "isNull"


class Quantifier(Enum):
    """How many of the nodes that an edge leads to have to meet a condition."""

    SOME = "some"
    NONE = "none"
    EVERY = "every"


_RANGE = (Operator.EQ, Operator.IN, Operator.LT, Operator.LTE, Operator.GT, Operator.GTE, Operator.IS_NULL)
_OPERATORS: Mapping[LeafKind, tuple[Operator, ...]] = {
    LeafKind.STRING: (Operator.EQ, Operator.IN, Operator.CONTAINS, Operator.STARTS_WITH, Operator.IS_NULL),
    LeafKind.ID: (Operator.EQ, Operator.IN, Operator.STARTS_WITH, Operator.IS_NULL),
    LeafKind.INT: _RANGE,
    LeafKind.FLOAT: _RANGE,
    LeafKind.TIME: _RANGE,
    LeafKind.BOOLEAN: (Operator.EQ, Operator.IS_NULL),
    LeafKind.ENUM: (Operator.EQ, Operator.IN, Operator.IS_NULL),
}
SEEKABLE = frozenset({Operator.EQ, Operator.IN})
"""The operators by which an index finds few nodes."""
RANGES = frozenset({Operator.STARTS_WITH, Operator.LT, Operator.LTE, Operator.GT, Operator.GTE})
"""The operators by which an index finds what lies beside each other in it."""


def operators(leaf: Leaf) -> tuple[Operator, ...]:
    """What can be asked of a property; nothing where lists are not narrowed by it."""
    if not leaf.filterable or leaf.kind not in _OPERATORS:
        return ()
    return (Operator.HAS, Operator.IS_NULL) if leaf.many else _OPERATORS[leaf.kind]


def sortable(leaf: Leaf) -> bool:
    """Whether lists can be ordered by a property."""
    return leaf.filterable and leaf.kind in _OPERATORS and not leaf.many


@dataclass(frozen=True, slots=True)
class Compare:
    """A property compared with the value at a path of the arguments. A missing property meets only `isNull: true`."""

    leaf: Leaf
    operator: Operator
    path: Path


@dataclass(frozen=True, slots=True)
class Searched:
    """The full-text index finds the node by the text at a path of the arguments; `type` is the node's.

    A list begins with what is found: it is not looked up for each node whether the text finds it, which would take a
    query of the index each, nor in a list of all hits, which every row would hold.
    """

    type: NodeType
    path: Path


@dataclass(frozen=True, slots=True)
class All:
    """Every part is met; with no parts, always."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part is met; with no parts, never."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part is not met."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Related:
    """Some, none or every node that an edge leads to meets a condition; `relationship` is one on the edge itself."""

    edge: ToOne | ToMany
    quantifier: Quantifier
    node: Condition
    relationship: Condition


Condition: TypeAlias = Compare | Searched | All | Any | Not | Related
ALWAYS = All(())


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """The conditions that all have to be met."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from conjuncts(part)
    else:
        yield condition


def condition(
    types: Mapping[str, NodeType], target: str, where: Mapping[str, object], *, searchable: bool = False
) -> Condition:
    """What a `where` asks of nodes of a type; `searchable` says that a list may begin with what a text finds.

    A field that is null says nothing, as if it were left out. Raises InvalidInput where the filter is too deep or too
    large, where a field is named and nothing is said of it, and where a text is searched for twice, or where it would
    have to be looked up for each node.
    """
    return _Reader(types).node(types[target], where, ("where",), 1, searchable=searchable)


@dataclass(slots=True)
class _Reader:
    types: Mapping[str, NodeType]
    conditions: int = 0
    searches: bool = False

    def node(
        self, node_type: NodeType, where: Mapping[str, object], path: Path, depth: int, *, searchable: bool
    ) -> Condition:
        """A filter of a type."""
        self._within(depth)
        parts: list[Condition] = []
        for name, given in where.items():
            if given is None:
                continue
            here = (*path, name)
            field = node_type.fields.get(name)
            if isinstance(field, Leaf):
                parts.append(self._leaf(field, _mapping(given), here, depth))
            elif isinstance(field, ToOne):
                parts.append(self._related(field, Quantifier.SOME, _mapping(given), here, depth, searchable))
            elif isinstance(field, ToMany):
                parts.append(self._quantified(field, _mapping(given), here, depth, searchable))
            elif name == SEARCH:
                self._search(here, searchable)
                parts.append(Searched(node_type, here))
            elif name == "not":
                parts.append(Not(self.node(node_type, _mapping(given), here, depth + 1, searchable=False)))
            else:
                within = searchable and name == "and"
                several = tuple(
                    self.node(node_type, _mapping(each), (*here, index), depth + 1, searchable=within)
                    for index, each in enumerate(_sequence(given))
                )
                parts.append(All(several) if name == "and" else Any(several))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _leaf(self, leaf: Leaf, asked: Mapping[str, object], path: Path, depth: int) -> Condition:
        self._within(depth)
        parts: list[Condition] = []
        for operator in operators(leaf):
            if asked.get(operator.value) is not None:
                self._count()
                parts.append(Compare(leaf, operator, (*path, operator.value)))
        if asked.get("not") is not None:
            parts.append(Not(self._leaf(leaf, _mapping(asked["not"]), (*path, "not"), depth + 1)))
        if not parts:
            # An `eq` whose variable was left out would otherwise let everything pass.
            said = "says nothing: give it an operator with a value, or leave it out"
            raise InvalidInput(f"{dotted(path)} {said}", "where")
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _quantified(
        self, edge: ToMany, asked: Mapping[str, object], path: Path, depth: int, searchable: bool
    ) -> Condition:
        parts = [
            self._related(
                edge,
                each,
                _mapping(asked[each.value]),
                (*path, each.value),
                depth,
                searchable and each is Quantifier.SOME,
            )
            for each in Quantifier
            if asked.get(each.value) is not None
        ]
        if not parts:
            raise InvalidInput(f"{dotted(path)} says nothing: give it some, none or every, or leave it out", "where")
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _related(
        self,
        edge: ToOne | ToMany,
        quantifier: Quantifier,
        asked: Mapping[str, object],
        path: Path,
        depth: int,
        searchable: bool,
    ) -> Condition:
        self._count()
        target = self.types[edge.target]
        properties = edge.properties if isinstance(edge, ToMany) else {}
        if not properties:
            inside = self.node(target, asked, path, depth + 1, searchable=searchable)
            return Related(edge, quantifier, inside, ALWAYS)
        self._within(depth + 1)
        own = tuple(
            self._leaf(leaf, _mapping(asked[name]), (*path, name), depth + 1)
            for name, leaf in properties.items()
            if asked.get(name) is not None
        )
        node = _mapping(asked.get("node") or {})
        inside = self.node(target, node, (*path, "node"), depth + 1, searchable=searchable)
        return Related(edge, quantifier, inside, All(own))

    def _within(self, depth: int) -> None:
        if depth > DEEPEST:
            raise InvalidInput(f"a filter may be at most {DEEPEST} levels deep", "where")

    def _count(self) -> None:
        self.conditions += 1
        if self.conditions > MOST_CONDITIONS:
            raise InvalidInput(f"a filter may have at most {MOST_CONDITIONS} conditions", "where")

    def _search(self, path: Path, searchable: bool) -> None:
        self._count()
        if not searchable:
            place = "in a list at the root, and not within or, not, none or every"
            raise InvalidInput(f"{dotted(path)} cannot be looked up here: search {place}", "where")
        if self.searches:
            raise InvalidInput(f"{dotted(path)} is a second search: a filter may have one", "where")
        self.searches = True


def _mapping(given: object) -> Mapping[str, object]:
    assert isinstance(given, Mapping)
    return given


def _sequence(given: object) -> Sequence[object]:
    assert isinstance(given, list | tuple)
    return given


def dotted(path: Path) -> str:
    """A path as messages show it: `where.or.0.name`."""
    return ".".join(map(str, path))
