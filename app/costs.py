"""What an operation may cost, told from its document before anything runs: weights times the sizes of lists.

A field costs its weight, and what is selected below a list counts as often as the list may be long. So a cost is the
most values an answer can have, with extra for what is dearer to find than a stored value.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    ValueNode,
    VariableNode,
    get_argument_values,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
    visit,
)
from graphql.execution.values import VariableValues

from app.projection.model import EntryPage, EntrySearch, Model
from app.projection.seeking import NOWHERE, Walks, walks
from app.projection.variables import Selection, VariableFinder, included
from app.recent import Recent
from app.weights import EXTENSION, NARROWING, PLACE, RESOLVED, SIZE, UNSAID, USUAL, Weight, count, heavier

META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef, "__typename": TypeNameMetaFieldDef}
INTROSPECTION = frozenset({"__schema", "__type"})
KEPT_A_DOCUMENT = 32
TOLD = 500
"""How many parts a variable may have whose cost is remembered: a filter has a tenth of it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation may cost, and the path of response keys below which at least half of it lies.

    `resolved` is what it costs where GraphQL's own execution answers it: that it must may show only as it runs.
    `message` is what each message of a subscription costs.
    """

    total: int
    path: tuple[str, ...] = ()
    resolved: int = 0
    message: int = 0


@dataclass(slots=True)
class Priced:
    """One operation of a validated document: which variables its cost depends on, and the costs found lately."""

    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: tuple[str, ...]
    roots: frozenset[str]
    known: Recent[Cost] = field(default_factory=lambda: Recent(KEPT_A_DOCUMENT))

    @property
    def introspects(self) -> bool:
        """Whether it asks for the schema."""
        return not self.roots.isdisjoint(INTROSPECTION)

    @property
    def only_introspects(self) -> bool:
        """Whether it asks for nothing but the schema, so that its answer is the same for ever."""
        return self.introspects and self.roots <= META.keys()


class Costs:
    """Costs of operations on one schema; `model` has the root fields that compiled reads answer."""

    def __init__(self, schema: GraphQLSchema, model: Model) -> None:
        self.schema = schema
        self._model = model
        self._compiled = frozenset(model.entries) | META.keys()
        self._introspection = _introspection_sizes(schema)

    def price(self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Priced:
        """Prepare an operation of a document without mistakes; keep the result with the document."""
        reached = list(_reached(operation, fragments))
        finder = VariableFinder()
        for selections in reached:
            for each in selections.selections:
                for directive in each.directives or ():
                    visit(directive, finder)
                if isinstance(each, FieldNode):
                    for argument in each.arguments or ():
                        if argument.name.value != PLACE:
                            visit(argument, finder)
        roots = frozenset(root_names(operation, fragments))
        return Priced(operation, fragments, tuple(sorted(finder.found)), roots)

    def cost(self, priced: Priced, variables: VariableValues) -> Cost:
        """The cost of a prepared operation with these variables: a look-up where it was asked for before."""
        coerced = variables.coerced
        key = tuple([_told(coerced.get(name)) for name in priced.variables])
        return priced.known.get(key, lambda: self._cost(priced, variables))

    def _cost(self, priced: Priced, variables: VariableValues) -> Cost:
        operation = priced.operation.operation
        root = self.schema.get_root_type(operation)
        assert root is not None
        counted = _Counting(self.schema, self._model, priced.fragments, variables, self._introspection)
        found = counted.selection((priced.operation.selection_set,), root, _Inside())
        resolved = operation is OperationType.MUTATION or (
            operation is OperationType.QUERY and not priced.roots <= self._compiled
        )
        dearer = found.total * RESOLVED
        message = 0
        if operation is OperationType.SUBSCRIPTION:
            begun = (root.fields[name].extensions.get(EXTENSION, USUAL).own for name in priced.roots - META.keys())
            message = found.total - sum(begun)
        return Cost(dearer if resolved else found.total, found.path, dearer, message)


_Group = dict[str, list[tuple[FieldNode, GraphQLNamedType]]]


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the field around says of a selection: how long its lists are, and what it costs to count them."""

    size: int | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class _Counting:
    schema: GraphQLSchema
    model: Model
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues
    introspection: Mapping[tuple[str, str], int]

    def selection(self, sets: Sequence[SelectionSetNode], parent: GraphQLNamedType, inside: _Inside) -> Cost:
        """What is selected of one object: of an abstract type, what the dearest of its types would cost."""
        groups: dict[str | None, _Group] = {None: {}}
        seen: set[tuple[str, str | None]] = set()
        for each in sets:
            self._collect(groups, seen, each, parent, None)
        totals = {condition: self._group(group, inside) for condition, group in groups.items()}
        always = totals.pop(None)
        dearest = max(totals.values(), key=lambda one: one.total, default=Cost(0))
        path = always.path if always.total >= dearest.total else dearest.path
        return Cost(always.total + dearest.total, path)

    def _group(self, group: _Group, inside: _Inside) -> Cost:
        total, most = 0, 0
        path: tuple[str, ...] = ()
        for key, nodes in group.items():
            found = self._field(key, nodes, inside)
            total += found.total
            if found.total > most:
                most, path = found.total, found.path
        return Cost(total, path if most * 2 >= total else ())

    def _field(self, key: str, nodes: Sequence[tuple[FieldNode, GraphQLNamedType]], inside: _Inside) -> Cost:
        node, parent = nodes[0]
        name = node.name.value
        definition = META.get(name) or getattr(parent, "fields", {}).get(name)
        if definition is None:
            return Cost(1, (key,))
        weight = definition.extensions.get(EXTENSION, USUAL)
        own = weight.own + (inside.count if weight.counts else 0)
        below = _Inside(inside.size)
        if SIZE in definition.args:
            walked = self._walks(definition, node, parent) if weight.all else NOWHERE
            below = _Inside(self._size(definition, node, weight), weight.all * walked.count)
            own += weight.all * walked.rows + NARROWING * sum(
                self._values(each.value) for each in node.arguments or () if each.name.value not in (SIZE, PLACE)
            )
        target = get_named_type(definition.type)
        if is_leaf_type(target):
            return Cost(own, (key,))
        times = 1
        if is_list_type(get_nullable_type(definition.type)):
            unsaid = self.introspection.get((parent.name, name), UNSAID)
            times = weight.items or (unsaid if below.size is None else below.size * weight.times)
            below = _Inside()
        found = self.selection([each.selection_set for each, _ in nodes if each.selection_set], target, below)
        many = times * (weight.each + found.total)
        total = own + many
        deep = found.path and many * 2 >= total
        return Cost(total, (key, *found.path) if deep else (key,))

    def _walks(self, definition: GraphQLField, node: FieldNode, parent: GraphQLNamedType) -> Walks:
        entry = self.model.entries.get(node.name.value) if parent is self.schema.query_type else None
        if not isinstance(entry, EntryPage | EntrySearch):
            return NOWHERE
        try:
            return walks(self.model, entry, get_argument_values(definition, node, self.variables))
        except GraphQLError:
            # A null where the argument may be none: it will be an error, and asks nothing of the graph.
            return NOWHERE

    def _size(self, definition: GraphQLField, node: FieldNode, weight: Weight) -> int:
        usual = definition.args[SIZE].default_value
        value: object = usual
        for argument in node.arguments or ():
            if argument.name.value == SIZE:
                value = self._given(argument.value, value)
        if value is None:
            value = usual
        size = value if isinstance(value, int) else UNSAID
        return max(0, size if weight.most is None else min(size, weight.most))

    def _given(self, value: ValueNode, default: object) -> object:
        if isinstance(value, VariableNode):
            return self.variables.coerced.get(value.name.value, default)
        text = getattr(value, "value", None)
        return int(text) if isinstance(text, str) and text.lstrip("-").isdecimal() else None

    def _values(self, value: ValueNode) -> int:
        """How many values an argument holds."""
        if isinstance(value, VariableNode):
            return count(self.variables.coerced.get(value.name.value))
        if isinstance(value, ListValueNode):
            return sum(self._values(each) for each in value.values)
        if isinstance(value, ObjectValueNode):
            held = ((each.name.value, self._values(each.value)) for each in value.fields)
            return sum(many + heavier(name, many) for name, many in held)
        return 1

    def _collect(
        self,
        groups: dict[str | None, _Group],
        seen: set[tuple[str, str | None]],
        selections: SelectionSetNode,
        parent: GraphQLNamedType,
        condition: str | None,
    ) -> None:
        for each in selections.selections:
            if isinstance(each, Selection) and not included(each, self.variables):
                continue
            if isinstance(each, FieldNode):
                key = each.alias.value if each.alias else each.name.value
                groups.setdefault(condition, {}).setdefault(key, []).append((each, parent))
            elif isinstance(each, InlineFragmentNode):
                self._open(groups, seen, each, parent, condition)
            elif isinstance(each, FragmentSpreadNode) and (each.name.value, condition) not in seen:
                seen.add((each.name.value, condition))
                self._open(groups, seen, self.fragments[each.name.value], parent, condition)

    def _open(
        self,
        groups: dict[str | None, _Group],
        seen: set[tuple[str, str | None]],
        fragment: InlineFragmentNode | FragmentDefinitionNode,
        parent: GraphQLNamedType,
        condition: str | None,
    ) -> None:
        wanted = parent
        if fragment.type_condition is not None:
            wanted = self.schema.get_type(fragment.type_condition.name.value) or parent
        if is_object_type(parent):
            if wanted is parent or is_abstract_type(wanted):
                self._collect(groups, seen, fragment.selection_set, parent, condition)
        elif is_object_type(wanted):
            if condition in (None, wanted.name):
                self._collect(groups, seen, fragment.selection_set, wanted, wanted.name)
        else:
            inside = wanted if is_interface_type(wanted) else parent
            self._collect(groups, seen, fragment.selection_set, inside, condition)


def _reached(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[SelectionSetNode]:
    """Every selection set of the operation, each fragment's once."""
    waiting, opened = [operation.selection_set], set[str]()
    while waiting:
        selections = waiting.pop()
        yield selections
        for each in selections.selections:
            if isinstance(each, FragmentSpreadNode):
                if each.name.value not in opened:
                    opened.add(each.name.value)
                    waiting.append(fragments[each.name.value].selection_set)
            elif isinstance(each, FieldNode | InlineFragmentNode) and each.selection_set is not None:
                waiting.append(each.selection_set)


def root_names(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """The names of all root fields of an operation, each fragment opened once; a fragment that is missing has none."""
    names: list[str] = []
    opened: set[str] = set()

    def collect(selections: SelectionSetNode) -> None:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                names.append(each.name.value)
            elif isinstance(each, InlineFragmentNode):
                collect(each.selection_set)
            elif isinstance(each, FragmentSpreadNode) and each.name.value in fragments.keys() - opened:
                opened.add(each.name.value)
                collect(fragments[each.name.value].selection_set)

    collect(operation.selection_set)
    return names


def _told(value: object) -> Hashable:
    """What the cost may depend on of a variable: a number or a yes or no itself, of anything else how it is built."""
    if value is None or isinstance(value, int):
        return value
    parts: list[Hashable] = []
    _build(value, parts)
    # What is larger than any filter is counted each time, instead of being remembered.
    return tuple(parts) if len(parts) <= TOLD else object()


def _build(value: object, parts: list[Hashable]) -> None:
    if len(parts) > TOLD:
        return
    if isinstance(value, Mapping):
        parts.append("{")
        for name, each in value.items():
            if each is not None:
                parts.append(name)
                _build(each, parts)
        parts.append("}")
    elif isinstance(value, list | tuple):
        if any(isinstance(each, Mapping | list | tuple) for each in value):
            parts.append("[")
            for each in value:
                _build(each, parts)
            parts.append("]")
        else:
            parts.append(len(value))
    else:
        parts.append(1 if value is not None else 0)


def _introspection_sizes(schema: GraphQLSchema) -> dict[tuple[str, str], int]:
    """How long the lists of the schema's own description are: `types` exactly, those of a type on average."""
    types = list(schema.type_map.values())
    fields = [own for each in types for own in getattr(each, "fields", {}).values()]

    def mean(lengths: Iterable[int]) -> int:
        found = list(lengths)
        return max(1, ceil(sum(found) / max(1, len(found))))

    return {
        ("__Schema", "types"): len(types),
        ("__Schema", "directives"): len(schema.directives),
        ("__Type", "fields"): mean(len(getattr(each, "fields", {})) for each in types),
        ("__Type", "inputFields"): 1,
        ("__Type", "enumValues"): mean(len(getattr(each, "values", {})) for each in types),
        ("__Type", "interfaces"): 1,
        ("__Type", "possibleTypes"): 1,
        ("__Field", "args"): mean(len(getattr(each, "args", {})) for each in fields),
        ("__Directive", "args"): 2,
        ("__Directive", "locations"): 4,
    }
