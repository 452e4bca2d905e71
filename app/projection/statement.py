"""Writes the statement: one expression a root field, nested lists inside, values only as parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

from graphql import FieldNode
from graphql.execution.values import VariableValues

from app.graph import Value
from app.projection import patterns
from app.projection.layout import (
    Constant,
    CursorAt,
    EdgeLayout,
    EntryAt,
    InfoLayout,
    LeafAt,
    NodeLayout,
    OneAt,
    PageAt,
    RootLayout,
)
from app.projection.model import AtLeast, Filter, Leaf, LeafKind, NodeType, Test, ToMany
from app.projection.paging import page_size, place
from app.projection.selection import (
    Arguments,
    CursorSelected,
    EdgesSelected,
    EntrySelected,
    FactSelected,
    InfoSelected,
    LeafSelected,
    NodeSelected,
    NodesSelected,
    OneSelected,
    PageFact,
    PageSelected,
    RootSelected,
    TypeName,
)

Guard = Callable[[NodeType, str], str]
"""Gives the predicate that a node of a type, bound to a variable, has to satisfy to be seen; "" for none.

It may name `$tenant` and `$actor`. The tenant itself is constrained on every hop regardless.
"""


def unguarded(_: NodeType, __: str) -> str:
    """No predicate besides the tenant."""
    return ""


@dataclass(frozen=True, slots=True)
class Binding:
    """How a parameter gets its value from a field's arguments."""

    parameter: str
    arguments: Arguments
    read: Callable[[Mapping[str, object]], Value]


@dataclass(frozen=True, slots=True)
class Written:
    """A statement, how its parameters get their values, and where its answer's values stand.

    `name` is one of a bounded set, for metrics; `nodes` are the root fields' that may find nothing, by response key.
    """

    name: str
    text: str
    bindings: tuple[Binding, ...]
    layout: RootLayout
    nodes: Mapping[str, tuple[FieldNode, ...]]


class _Slots:
    """The expressions of one row; asking twice for the same gives the same place."""

    def __init__(self) -> None:
        self.expressions: list[str] = []

    def take(self, expression: str) -> int:
        if expression in self.expressions:
            return self.expressions.index(expression)
        self.expressions.append(expression)
        return len(self.expressions) - 1

    def text(self) -> str:
        return f"[{', '.join(self.expressions) or 'true'}]"

    @property
    def width(self) -> int:
        return max(1, len(self.expressions))


@dataclass(slots=True)
class Writer:
    """Writes one statement. A writer is used once."""

    types: Mapping[str, NodeType]
    variables: VariableValues
    guard: Guard = unguarded
    _bindings: list[Binding] = field(default_factory=list)
    _named: int = 0

    def query(self, roots: Sequence[RootSelected]) -> Written:
        """The statement for the root fields of an operation."""
        columns = _Slots()
        items: list[tuple[str, Constant | EntryAt | PageAt]] = []
        for root in roots:
            match root:
                case TypeName(key, name):
                    items.append((key, Constant(name)))
                case EntrySelected():
                    items.append((root.key, self._entry(root, columns)))
                case PageSelected():
                    items.append((root.key, self._page(root, None, columns)))
        entered = [root for root in roots if not isinstance(root, TypeName)]
        name = f"projection/{entered[0].arguments.node.name.value}" if len(entered) == 1 else "projection/several"
        nodes = {root.key: root.nodes for root in entered if isinstance(root, EntrySelected)}
        return self._written(name, columns, items, nodes)

    def node_by_id(self, selected: NodeSelected) -> Written:
        """The statement for one node, whose id is the parameter `id`."""
        columns = _Slots()
        return self._written(
            "projection/payload", columns, [("node", self._one(selected, "id", "id", columns))], nodes={}
        )

    def _written(
        self,
        name: str,
        columns: _Slots,
        items: list[tuple[str, Constant | EntryAt | PageAt]],
        nodes: Mapping[str, tuple[FieldNode, ...]],
    ) -> Written:
        expressions = columns.expressions or ["true"]
        text = "RETURN " + ",\n".join(f"{each} AS f{index}" for index, each in enumerate(expressions))
        return Written(name, text, tuple(self._bindings), RootLayout(columns.width, tuple(items)), nodes)

    def _entry(self, root: EntrySelected, columns: _Slots) -> EntryAt:
        name = root.entry.argument
        parameter = "actor" if name is None else self._parameter(root.arguments, lambda values: _value(values[name]))
        return self._one(root.node, root.entry.key, parameter, columns)

    def _one(self, selected: NodeSelected, key: str, parameter: str, columns: _Slots) -> EntryAt:
        variable = self._name("n")
        slots = _Slots()
        layout = self._node(variable, selected, slots)
        guard = self.guard(selected.type, variable)
        text = (
            f"COLLECT {{ MATCH ({variable}:{selected.type.label} {{tenant: $tenant, {key}: ${parameter}}})"
            f"{' WHERE ' + guard if guard else ''} RETURN {slots.text()} }}"
        )
        return EntryAt(columns.take(text), slots.width, selected.type.name, parameter, layout)

    def _node(self, variable: str, selected: NodeSelected, slots: _Slots) -> NodeLayout:
        items: list[tuple[str, Constant | LeafAt | OneAt | PageAt]] = []
        for item in selected.items:
            match item:
                case TypeName(key, name):
                    items.append((key, Constant(name)))
                case LeafSelected(key, leaf):
                    items.append((key, _leaf(variable, leaf, slots)))
                case OneSelected():
                    items.append((item.key, self._to_one(item, variable, slots)))
                case PageSelected():
                    items.append((item.key, self._page(item, variable, slots)))
        return NodeLayout(selected.type.name, tuple(items))

    def _to_one(self, item: OneSelected, variable: str, slots: _Slots) -> OneAt:
        target = self._name("n")
        inner = _Slots()
        layout = self._node(target, item.node, inner)
        pattern = patterns.path(variable, item.edge.hops, patterns.labelled(item.node.type.label, target))
        guard = self.guard(item.node.type, target)
        text = f"[{pattern}{' WHERE ' + guard if guard else ''} | {inner.text()}]"
        return OneAt(slots.take(text), inner.width, item.edge.nullable, layout)

    def _page(self, page: PageSelected, parent: str | None, slots: _Slots) -> PageAt:
        node_type = self.types[page.edge.target]
        variable, relationship = self._name("n"), self._name("r")
        values = page.arguments.values(self.variables)
        source = patterns.Source(
            type=node_type,
            variable=variable,
            relationship=relationship,
            parent=parent,
            hops=page.edge.hops if isinstance(page.edge, ToMany) else (),
            order=page.edge.order,
            filters=tuple(each for each in page.edge.filters if _at(values, each.argument) is not None),
            guard=self.guard(node_type, variable),
        )
        given: dict[tuple[str, ...], str] = {}

        def argument(wanted: Filter) -> str:
            path = wanted.argument
            if path not in given:
                test = wanted.test
                given[path] = "$" + self._parameter(page.arguments, lambda values: _value(_at(values, path), test))
            return given[path]

        inner = _Slots()
        items = tuple(self._page_item(item, variable, relationship, inner) for item in page.items)
        keys: tuple[int, ...] = ()
        if any(_makes_cursors(how) for _, how in items):
            keys = tuple(inner.take(f"{variable}.{key.property}") for key in page.edge.order)
        limit = self._parameter(page.arguments, lambda values: page_size(values.get("first")) + 1)
        rows = count = None
        if any(isinstance(how, NodeLayout | EdgeLayout | InfoLayout) for _, how in items):
            asked = values.get("after") is not None
            after = [self._place(page, index) for index in range(len(page.edge.order))] if asked else []
            bound = any(f"{relationship}." in each for each in inner.expressions)
            carried = f"{relationship}, {variable}" if bound else variable
            sorting = patterns.order_by(variable, page.edge.order, indexed=source.indexed)
            rows = slots.take(
                f"COLLECT {{ {source.matched(argument, carried=carried, after=after)} "
                f"WITH {carried} ORDER BY {sorting} LIMIT ${limit} RETURN {inner.text()} }}"
            )
        if any(how is PageFact.TOTAL for _, how in items):
            count = slots.take(f"COUNT {{ {source.matched(argument, carried=variable)} RETURN {variable} }}")
        return PageAt(rows, count, limit, inner.width, keys, items)

    def _page_item(
        self,
        item: TypeName | NodesSelected | EdgesSelected | InfoSelected | FactSelected,
        variable: str,
        relationship: str,
        slots: _Slots,
    ) -> tuple[str, Constant | PageFact | NodeLayout | EdgeLayout | InfoLayout]:
        match item:
            case TypeName(key, name):
                return key, Constant(name)
            case NodesSelected(key, node):
                return key, self._node(variable, node, slots)
            case EdgesSelected(key, selected):
                return key, EdgeLayout(tuple(self._edge_item(each, variable, relationship, slots) for each in selected))
            case InfoSelected(key, facts):
                return key, InfoLayout(
                    tuple(
                        (each.key, Constant(each.name) if isinstance(each, TypeName) else each.fact) for each in facts
                    )
                )
            case FactSelected(key, fact):
                return key, fact

    def _edge_item(
        self,
        item: TypeName | LeafSelected | CursorSelected | NodesSelected,
        variable: str,
        relationship: str,
        slots: _Slots,
    ) -> tuple[str, Constant | LeafAt | CursorAt | NodeLayout]:
        match item:
            case TypeName(key, name):
                return key, Constant(name)
            case CursorSelected(key):
                return key, CursorAt()
            case LeafSelected(key, leaf):
                return key, _leaf(relationship, leaf, slots)
            case NodesSelected(key, node):
                return key, self._node(variable, node, slots)

    def _place(self, page: PageSelected, index: int) -> str:
        order = page.edge.order
        return "$" + self._parameter(page.arguments, lambda values: place(values.get("after"), order)[index])

    def _name(self, letter: str) -> str:
        self._named += 1
        return f"{letter}{self._named}"

    def _parameter(self, arguments: Arguments, read: Callable[[Mapping[str, object]], Value]) -> str:
        name = f"p{len(self._bindings)}"
        self._bindings.append(Binding(name, arguments, read))
        return name


def _leaf(variable: str, leaf: Leaf, slots: _Slots) -> LeafAt:
    read = f"{variable}.{leaf.property}"
    as_text = leaf.kind in (LeafKind.TIME, LeafKind.TEXT)
    return LeafAt(slots.take(f"toString({read})" if as_text else read), leaf)


def _makes_cursors(how: Constant | PageFact | NodeLayout | EdgeLayout | InfoLayout) -> bool:
    match how:
        case EdgeLayout(items):
            return any(isinstance(each, CursorAt) for _, each in items)
        case InfoLayout(facts):
            return any(fact is PageFact.END for _, fact in facts)
        case _:
            return False


def _fact(item: TypeName | FactSelected) -> Constant | PageFact:
    return Constant(item.name) if isinstance(item, TypeName) else item.fact


def _at(values: Mapping[str, object], path: tuple[str, ...]) -> object:
    found: object = values
    for name in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def _value(given: object, test: Test | None = None) -> Value:
    plain = cast("Value", given.value if isinstance(given, Enum) else given)
    return list(test.ranking[test.ranking.index(str(plain)) :]) if isinstance(test, AtLeast) else plain
