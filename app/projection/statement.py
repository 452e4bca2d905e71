"""Writes the statement: one expression a root field, nested lists inside, values only as parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import FieldNode
from graphql.execution.values import VariableValues

from app.errors import InvalidInput
from app.projection import fulltext
from app.projection.conditions import Conditions
from app.projection.filters import ALWAYS, Condition, Path, Searched, condition
from app.projection.hits import Found, Hits
from app.projection.layout import (
    AnyLayout,
    ComposedAt,
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
from app.projection.model import (
    AbstractType,
    EntryPage,
    EntrySearch,
    Filter,
    Hop,
    Leaf,
    Model,
    NodeType,
    ToMany,
)
from app.projection.ordering import Ordering, ordering
from app.projection.paging import page_size, place
from app.projection.paths import labelled, path
from app.projection.selection import (
    Arguments,
    ComposedSelected,
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
    Selected,
    TypeName,
)
from app.projection.slots import Slots
from app.projection.sources import AS_TEXT, Source
from app.projection.values import at, stored
from app.projection.written import Binding, Written
from app.transactions import Value

Guard = Callable[[NodeType, str], str]
"""Gives the predicate that a node of a type, bound to a variable, has to satisfy to be seen; "" for none.

It may name `$tenant`, `$actor` (the id of who asks) and `$role` (theirs). The tenant itself is constrained on every hop
regardless.
"""


def unguarded(_: NodeType, __: str) -> str:
    """No predicate besides the tenant."""
    return ""


@dataclass(slots=True)
class Writer:
    """Writes one statement. A writer is used once."""

    model: Model
    variables: VariableValues
    guard: Guard = unguarded
    _bindings: list[Binding] = field(default_factory=list)
    _named: int = 0
    _searches: bool = False

    def query(self, roots: Sequence[RootSelected]) -> Written:
        """The statement for the root fields of an operation."""
        columns = Slots()
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

    def node_by_id(self, selected: Selected) -> Written:
        """The statement for one node, whose id is the parameter `id`."""
        columns = Slots()
        return self._written(
            "projection/payload", columns, [("node", self._one(selected, "id", "id", columns))], nodes={}
        )

    def _written(
        self,
        name: str,
        columns: Slots,
        items: list[tuple[str, Constant | EntryAt | PageAt]],
        nodes: Mapping[str, tuple[FieldNode, ...]],
    ) -> Written:
        expressions = columns.expressions or ["true"]
        text = "RETURN " + ",\n".join(f"{each} AS f{index}" for index, each in enumerate(expressions))
        layout = RootLayout(columns.width, tuple(items))
        return Written(name, text, tuple(self._bindings), layout, nodes, self._searches)

    def _entry(self, root: EntrySelected, columns: Slots) -> EntryAt:
        name = root.entry.argument
        parameter = "actor" if name is None else self._parameter(root.arguments, lambda values: stored(values[name]))
        return self._one(root.node, root.entry.key, parameter, columns)

    def _one(self, selected: Selected, key: str, parameter: str, columns: Slots) -> EntryAt:
        variable = self._name("n")
        slots = Slots()
        layout = self._any(variable, selected, slots)
        guard = self._seen(selected.type, variable)
        text = (
            f"COLLECT {{ MATCH ({variable}:{selected.type.label} {{tenant: $tenant, {key}: ${parameter}}})"
            f"{' WHERE ' + guard if guard else ''} RETURN {slots.text()} }}"
        )
        return EntryAt(columns.take(text), slots.width, selected.type.name, parameter, layout)

    def _seen(self, type_: NodeType | AbstractType, variable: str) -> str:
        """The predicate that a node has to satisfy to be seen as of a type; "" for none."""
        if isinstance(type_, NodeType):
            return self.guard(type_, variable)
        labels: dict[str, list[str]] = {}
        for each in self.model.members(type_):
            labels.setdefault(self.guard(each, variable), []).append(each.label)
        ways = [
            f"{f'({guard})' if guard else 'true'} AND {variable}:{'|'.join(those)}" for guard, those in labels.items()
        ]
        return ways[0].removeprefix("true AND ") if len(ways) == 1 else "(" + " OR ".join(ways) + ")"

    def _passed(self, step: Hop) -> str:
        variable = self._name("n")
        types = [each for each in self.model.types.values() if each.label == step.label]
        guards = [each for each in (self.guard(type_, variable) for type_ in types) if each]
        return f"{labelled(step.label, variable)} WHERE {' AND '.join(guards)}" if guards else labelled(step.label)

    def _any(self, variable: str, selected: Selected, slots: Slots) -> NodeLayout | AnyLayout:
        """What is read of a node whose type may only be known once it is found.

        Each type reads what is selected of it: in a CASE, but where that goes on to other nodes in a branch of a UNION
        that only nodes of its label enter. Such branches the planner plans like everything else, whereas what stands in
        a CASE it evaluates by the row, unseen in the plan.
        """
        if isinstance(selected, NodeSelected):
            return self._node(variable, selected, slots)
        made = []
        plain = []
        going_on = []
        for number, each in enumerate(selected.each):
            inner = Slots()
            made.append((inner, self._node(variable, each, inner)))
            is_one, row = f"{variable}:{each.type.label}", f"[{number}, {inner.text()}]"
            if any(isinstance(item, OneSelected | PageSelected) for item in each.items):
                going_on.append(f"WITH {variable} WHERE {is_one} RETURN {row} AS v")
            else:
                plain.append(f"WHEN {is_one} THEN {row}")
        ways = [f"COLLECT {{ {' UNION ALL '.join(going_on)} }}[0]"] if going_on else []
        ways += [f"CASE {' '.join(plain)} END"] if plain else []
        text = ways[0] if len(ways) == 1 else f"coalesce({', '.join(ways)})"
        return AnyLayout(slots.take(text), tuple((inner.width, layout) for inner, layout in made))

    def _node(self, variable: str, selected: NodeSelected, slots: Slots) -> NodeLayout:
        items: list[tuple[str, Constant | LeafAt | ComposedAt | OneAt | PageAt]] = []
        for item in selected.items:
            match item:
                case TypeName(key, name):
                    items.append((key, Constant(name)))
                case LeafSelected(key, leaf):
                    items.append((key, _leaf(f"{variable}.{leaf.property}", leaf, slots)))
                case ComposedSelected(key, field, parts):
                    places = tuple(slots.take(f"{variable}.{each}") for each in field.properties)
                    items.append((key, ComposedAt(places, field, parts)))
                case OneSelected():
                    items.append((item.key, self._to_one(item, variable, slots)))
                case PageSelected():
                    items.append((item.key, self._page(item, variable, slots)))
        return NodeLayout(selected.type.name, tuple(items))

    def _to_one(self, item: OneSelected, variable: str, slots: Slots) -> OneAt:
        target = self._name("n")
        inner = Slots()
        layout = self._any(target, item.node, inner)
        pattern = path(variable, item.edge.hops, labelled(item.node.type.label, target), passed=self._passed)
        guard = self._seen(item.node.type, target)
        text = f"[{pattern}{' WHERE ' + guard if guard else ''} | {inner.text()}]"
        return OneAt(slots.take(text), inner.width, item.edge.nullable, layout)

    def _page(self, page: PageSelected, parent: str | None, slots: Slots) -> PageAt:
        variable, relationship = self._name("n"), self._name("r")
        values = page.arguments.values(self.variables)
        try:
            order = self._order(page.edge, values)
            source = self._source(page, parent, variable, relationship, order)
        except InvalidInput as refused:
            raise page.arguments.refusal(refused) from refused
        inner = Slots()
        # What an edge says for itself: how well it fits is a value, not a property of a relationship.
        edge = relationship if isinstance(source, Hits) else relationship + "."
        items = tuple(self._page_item(item, variable, edge, inner) for item in page.items)
        keys: tuple[int, ...] = ()
        if any(_makes_cursors(how) for _, how in items):
            keys = tuple(inner.take(each) for each in source.keys)
        limit = self._parameter(page.arguments, lambda values: page_size(values.get("first")) + 1)
        begun = values.get("after") is not None
        rows = count = None
        if any(isinstance(how, NodeLayout | AnyLayout | EdgeLayout | InfoLayout) for _, how in items):
            after = [self._place(page.arguments, order, index) for index in range(len(order.keys))] if begun else []
            bound = isinstance(source, Hits) or any(f"{relationship}." in each for each in inner.expressions)
            carried = f"{relationship}, {variable}" if bound else variable
            rows = slots.take(
                f"COLLECT {{ {source.matched(carried=carried, after=after, limit=f'${limit}')} "
                f"WITH {carried} ORDER BY {source.sorting} LIMIT ${limit} RETURN {inner.text()} }}"
            )
        if any(how is PageFact.TOTAL for _, how in items):
            count = slots.take(f"COUNT {{ {source.matched(carried=variable)} RETURN {variable} }}")
        return PageAt(rows, count, limit, inner.width, keys, order.name, begun, items)

    def _where(self, edge: ToMany | EntryPage, values: Mapping[str, object]) -> Condition:
        where = values.get("where")
        if not isinstance(where, Mapping):
            return ALWAYS
        return condition(self.model.types, edge.target, where, searchable=isinstance(edge, EntryPage))

    def _order(self, edge: ToMany | EntryPage | EntrySearch, values: Mapping[str, object]) -> Ordering:
        target = self.model.target(edge.target)
        return ordering(values, target, edge.order) if isinstance(target, NodeType) else Ordering(edge.order)

    def _argument(self, arguments: Arguments) -> Callable[[Path, Filter | None], str]:
        """Gives the parameter for the value at a path of the arguments; the same path has the same parameter."""
        given: dict[Path, str] = {}

        def argument(path: Path, wanted: Filter | None) -> str:
            if path not in given:
                given[path] = "$" + self._parameter(arguments, lambda values: stored(at(values, path), wanted))
            return given[path]

        return argument

    def _source(
        self, page: PageSelected, parent: str | None, variable: str, relationship: str, order: Ordering
    ) -> Source | Hits:
        edge = page.edge
        values = page.arguments.values(self.variables)
        target = self.model.target(edge.target)
        if isinstance(edge, EntrySearch):
            return self._hits(edge, page.arguments, variable, relationship)
        return Source(
            type=target,
            variable=variable,
            relationship=relationship,
            parent=parent,
            hops=edge.hops if isinstance(edge, ToMany) else (),
            order=order.keys,
            where=self._where(edge, values),
            filters=tuple(each for each in _own_filters(edge) if at(values, each.argument) is not None),
            guard=self._seen(target, variable),
            conditions=Conditions(
                self.model.types,
                self._argument(page.arguments),
                self._name,
                self.guard,
                self._found(page.arguments),
                self._passed,
            ),
        )

    def _found(self, arguments: Arguments) -> Callable[[Searched, str], str]:
        found = Found(lambda read: self._parameter(arguments, read))

        def hits(wanted: Searched, variable: str) -> str:
            self._searches = True
            return found(wanted, variable)

        return hits

    def _hits(self, edge: EntrySearch, arguments: Arguments, variable: str, score: str) -> Hits:
        self._searches = True
        narrowed = arguments.values(self.variables).get(edge.kinds) is not None
        index = self._parameter(arguments, lambda _: edge.index)
        text = self._parameter(arguments, lambda values: fulltext.query(str(values[edge.text]), edge.weights))
        labels = self._parameter(arguments, lambda values: stored(values[edge.kinds])) if narrowed else None
        return Hits(
            index=f"${index}",
            text=f"${text}",
            labels=f"${labels}" if labels else None,
            variable=variable,
            score=score,
            order=edge.order,
            seen=self._seen(self.model.target(edge.target), variable),
        )

    def _page_item(
        self,
        item: TypeName | NodesSelected | EdgesSelected | InfoSelected | FactSelected,
        variable: str,
        edge: str,
        slots: Slots,
    ) -> tuple[str, Constant | PageFact | NodeLayout | AnyLayout | EdgeLayout | InfoLayout]:
        match item:
            case TypeName(key, name):
                return key, Constant(name)
            case NodesSelected(key, node):
                return key, self._any(variable, node, slots)
            case EdgesSelected(key, selected):
                return key, EdgeLayout(tuple(self._edge_item(each, variable, edge, slots) for each in selected))
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
        edge: str,
        slots: Slots,
    ) -> tuple[str, Constant | LeafAt | CursorAt | NodeLayout | AnyLayout]:
        match item:
            case TypeName(key, name):
                return key, Constant(name)
            case CursorSelected(key):
                return key, CursorAt()
            case LeafSelected(key, leaf):
                return key, _leaf(edge + leaf.property if edge.endswith(".") else edge, leaf, slots)
            case NodesSelected(key, node):
                return key, self._any(variable, node, slots)

    def _place(self, arguments: Arguments, order: Ordering, index: int) -> str:
        return "$" + self._parameter(arguments, lambda values: place(values.get("after"), order)[index])

    def _name(self, letter: str) -> str:
        self._named += 1
        return f"{letter}{self._named}"

    def _parameter(self, arguments: Arguments, read: Callable[[Mapping[str, object]], Value]) -> str:
        name = f"p{len(self._bindings)}"
        self._bindings.append(Binding(name, arguments, read))
        return name


def _leaf(read: str, leaf: Leaf, slots: Slots) -> LeafAt:
    return LeafAt(slots.take(f"toString({read})" if leaf.kind in AS_TEXT else read), leaf)


def _own_filters(edge: ToMany | EntryPage) -> tuple[Filter, ...]:
    return edge.filters if isinstance(edge, EntryPage) else ()


def _makes_cursors(how: Constant | PageFact | NodeLayout | AnyLayout | EdgeLayout | InfoLayout) -> bool:
    match how:
        case EdgeLayout(items):
            return any(isinstance(each, CursorAt) for _, each in items)
        case InfoLayout(facts):
            return any(fact in (PageFact.START, PageFact.END) for _, fact in facts)
        case _:
            return False
