"""What an operation selects: fields merged, fragments opened, directives decided, each field found in the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from graphql.execution.values import VariableValues

from app.errors import InvalidInput
from app.projection.model import (
    AbstractType,
    Composed,
    EntryOne,
    EntryPage,
    EntrySearch,
    Leaf,
    Model,
    NodeType,
    ToMany,
    ToOne,
)
from app.projection.variables import included


class NotProjectable(Exception):
    """Something selected is no field of the model: introspection, or a field with a resolver of its own."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one field, as they stand in the document."""

    definition: GraphQLField
    node: FieldNode

    def values(self, variables: VariableValues) -> Mapping[str, object]:
        """The coerced values. Raises GraphQLError where a variable's value does not fit."""
        return get_argument_values(self.definition, self.node, variables)

    def refusal(self, refused: InvalidInput) -> GraphQLError:
        """The error for a value that does not fit, at the place of the field, naming the argument."""
        extensions = {"code": refused.code, "argument": refused.field}
        return GraphQLError(refused.message, self.node, extensions=extensions, original_error=refused)


@dataclass(frozen=True, slots=True)
class TypeName:
    """`__typename`: known before the query runs."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class LeafSelected:
    """A stored property."""

    key: str
    leaf: Leaf


@dataclass(frozen=True, slots=True)
class PartSelected:
    """One field of a composed value: its attribute, and what is selected of the value there, if that has fields."""

    key: str
    attribute: str
    parts: tuple[TypeName | PartSelected, ...] | None


@dataclass(frozen=True, slots=True)
class ComposedSelected:
    """Values made of several properties, with what is selected of them."""

    key: str
    field: Composed
    parts: tuple[TypeName | PartSelected, ...]


@dataclass(frozen=True, slots=True)
class OneSelected:
    """An edge to one node, with what is selected of it."""

    key: str
    edge: ToOne
    node: Selected


@dataclass(frozen=True, slots=True)
class NodeSelected:
    """What is selected of a node, in the order of the document."""

    type: NodeType
    items: tuple[TypeName | LeafSelected | ComposedSelected | OneSelected | PageSelected, ...]


@dataclass(frozen=True, slots=True)
class AnySelected:
    """What is selected of a node of an interface or a union: for each type it can be, in the order of the document."""

    type: AbstractType
    each: tuple[NodeSelected, ...]


Selected = NodeSelected | AnySelected


@dataclass(frozen=True, slots=True)
class NodesSelected:
    """A page's `nodes`."""

    key: str
    node: Selected


@dataclass(frozen=True, slots=True)
class CursorSelected:
    """The `cursor` of one edge of a page."""

    key: str


@dataclass(frozen=True, slots=True)
class EdgesSelected:
    """A page's `edges`: cursor, node, and the relationship's own properties."""

    key: str
    items: tuple[TypeName | LeafSelected | CursorSelected | NodesSelected, ...]


class PageFact(Enum):
    """What a page says about itself."""

    TOTAL = "totalCount"
    MORE = "hasNextPage"
    BEGUN = "hasPreviousPage"
    START = "startCursor"
    END = "endCursor"


@dataclass(frozen=True, slots=True)
class FactSelected:
    """One fact about a page."""

    key: str
    fact: PageFact


@dataclass(frozen=True, slots=True)
class InfoSelected:
    """A page's `pageInfo`."""

    key: str
    items: tuple[TypeName | FactSelected, ...]


@dataclass(frozen=True, slots=True)
class PageSelected:
    """A page of nodes, with its arguments."""

    key: str
    edge: ToMany | EntryPage | EntrySearch
    arguments: Arguments
    items: tuple[TypeName | NodesSelected | EdgesSelected | InfoSelected | FactSelected, ...]


@dataclass(frozen=True, slots=True)
class EntrySelected:
    """A root field that is one node."""

    key: str
    entry: EntryOne
    arguments: Arguments
    nodes: tuple[FieldNode, ...]
    node: Selected


RootSelected = TypeName | EntrySelected | PageSelected


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads selections of one operation with one set of variables."""

    schema: GraphQLSchema
    model: Model
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    def roots(self, selections: SelectionSetNode, parent: GraphQLObjectType) -> tuple[RootSelected, ...]:
        """The root fields of a query. Raises NotProjectable."""
        found: list[RootSelected] = []
        for key, nodes in self.fields(selections, parent):
            name = nodes[0].name.value
            if name == "__typename":
                found.append(TypeName(key, parent.name))
            else:
                found.append(self.root(key, parent.fields.get(name), nodes))
        return tuple(found)

    def fields(self, selections: SelectionSetNode, parent: GraphQLObjectType) -> Iterator[tuple[str, list[FieldNode]]]:
        """The fields of a selection by response key, each with all its nodes."""
        yield from self._collect(parent, (selections,)).items()

    def root(
        self, key: str, definition: GraphQLField | None, nodes: Sequence[FieldNode]
    ) -> EntrySelected | PageSelected:
        """One root field of a query, from all its nodes. Raises NotProjectable."""
        name = nodes[0].name.value
        entry = self.model.entries.get(name)
        if entry is None or definition is None:
            raise NotProjectable(name)
        arguments = Arguments(definition, nodes[0])
        if isinstance(entry, EntryOne):
            return EntrySelected(key, entry, arguments, tuple(nodes), self.node(entry.target, nodes))
        return self._page(key, entry, arguments, nodes)

    def node(self, type_name: str, nodes: Sequence[FieldNode]) -> Selected:
        """What the nodes of one field select of a node of that type. Raises NotProjectable."""
        target = self.model.target(type_name)
        if isinstance(target, NodeType):
            return self._concrete(target, nodes)
        return AnySelected(target, tuple(self._concrete(each, nodes) for each in self.model.members(target)))

    def _concrete(self, node: NodeType, nodes: Sequence[FieldNode]) -> NodeSelected:
        type_name = node.name
        parent = self._object(type_name)
        items: list[TypeName | LeafSelected | ComposedSelected | OneSelected | PageSelected] = []
        for key, each in self._collect(parent, _sets(nodes)).items():
            name = each[0].name.value
            if name == "__typename":
                items.append(TypeName(key, type_name))
                continue
            match node.fields.get(name):
                case Leaf() as leaf:
                    items.append(LeafSelected(key, leaf))
                case Composed() as composed:
                    shown = self._object(get_named_type(parent.fields[name].type).name)
                    items.append(ComposedSelected(key, composed, self._parts(shown, each)))
                case ToOne() as edge:
                    items.append(OneSelected(key, edge, self.node(edge.target, each)))
                case ToMany() as edge:
                    arguments = Arguments(parent.fields[name], each[0])
                    items.append(self._page(key, edge, arguments, each))
                case None:
                    raise NotProjectable(f"{type_name}.{name}")
        return NodeSelected(node, tuple(items))

    def _parts(self, parent: GraphQLObjectType, nodes: Sequence[FieldNode]) -> tuple[TypeName | PartSelected, ...]:
        found: list[TypeName | PartSelected] = []
        for key, each in self._collect(parent, _sets(nodes)).items():
            name = each[0].name.value
            if name == "__typename":
                found.append(TypeName(key, parent.name))
                continue
            shown = get_named_type(parent.fields[name].type)
            inner = self._parts(shown, each) if is_object_type(shown) else None
            found.append(PartSelected(key, _snake(name), inner))
        return tuple(found)

    def payloads(
        self, selections: Iterable[SelectionSetNode], parent: GraphQLObjectType, path: tuple[str, ...] = ()
    ) -> Iterator[tuple[tuple[str, ...], str, list[FieldNode]]]:
        """The projected nodes that payloads show: their paths in the answer, types, and field nodes."""
        for key, nodes in self._collect(parent, selections).items():
            definition = parent.fields.get(nodes[0].name.value)
            shown = get_named_type(definition.type) if definition else None
            if not is_object_type(shown):
                continue
            if shown.name in self.model.types:
                yield (*path, key), shown.name, nodes
            else:
                yield from self.payloads(_sets(nodes), shown, (*path, key))

    def _page(
        self, key: str, edge: ToMany | EntryPage | EntrySearch, arguments: Arguments, nodes: Sequence[FieldNode]
    ) -> PageSelected:
        connection = self._object(get_named_type(arguments.definition.type).name)
        items: list[TypeName | NodesSelected | EdgesSelected | InfoSelected | FactSelected] = []
        for own, each in self._collect(connection, _sets(nodes)).items():
            match each[0].name.value:
                case "__typename":
                    items.append(TypeName(own, connection.name))
                case "nodes":
                    items.append(NodesSelected(own, self.node(edge.target, each)))
                case "edges":
                    items.append(self._edges(own, edge, connection, each))
                case "pageInfo":
                    items.append(self._info(own, connection, each))
                case "totalCount":
                    items.append(FactSelected(own, PageFact.TOTAL))
                case other:
                    raise NotProjectable(f"{connection.name}.{other}")
        return PageSelected(key, edge, arguments, tuple(items))

    def _edges(
        self,
        key: str,
        edge: ToMany | EntryPage | EntrySearch,
        connection: GraphQLObjectType,
        nodes: Sequence[FieldNode],
    ) -> EdgesSelected:
        parent = self._object(get_named_type(connection.fields["edges"].type).name)
        properties = {} if isinstance(edge, EntryPage) else edge.properties
        items: list[TypeName | LeafSelected | CursorSelected | NodesSelected] = []
        for own, each in self._collect(parent, _sets(nodes)).items():
            match each[0].name.value:
                case "__typename":
                    items.append(TypeName(own, parent.name))
                case "cursor":
                    items.append(CursorSelected(own))
                case "node":
                    items.append(NodesSelected(own, self.node(edge.target, each)))
                case name if name in properties:
                    items.append(LeafSelected(own, properties[name]))
                case other:
                    raise NotProjectable(f"{parent.name}.{other}")
        return EdgesSelected(key, tuple(items))

    def _info(self, key: str, connection: GraphQLObjectType, nodes: Sequence[FieldNode]) -> InfoSelected:
        parent = self._object(get_named_type(connection.fields["pageInfo"].type).name)
        items: list[TypeName | FactSelected] = []
        for own, each in self._collect(parent, _sets(nodes)).items():
            name = each[0].name.value
            items.append(TypeName(own, parent.name) if name == "__typename" else FactSelected(own, PageFact(name)))
        return InfoSelected(key, tuple(items))

    def _object(self, name: str) -> GraphQLObjectType:
        found = self.schema.get_type(name)
        if not is_object_type(found):
            raise NotProjectable(name)
        return found

    def _collect(self, parent: GraphQLObjectType, selections: Iterable[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """Fields by response key, in the order of the document (CollectFields of the specification)."""
        collected: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for selection_set in selections:
            self._collect_into(collected, seen, parent, selection_set)
        return collected

    def _collect_into(
        self,
        collected: dict[str, list[FieldNode]],
        seen: set[str],
        parent: GraphQLObjectType,
        selection_set: SelectionSetNode,
    ) -> None:
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                if included(selection, self.variables):
                    key = selection.alias.value if selection.alias else selection.name.value
                    collected.setdefault(key, []).append(selection)
                continue
            if isinstance(selection, InlineFragmentNode):
                if included(selection, self.variables) and self._applies(selection, parent):
                    self._collect_into(collected, seen, parent, selection.selection_set)
                continue
            assert isinstance(selection, FragmentSpreadNode)
            name = selection.name.value
            if name in seen or not included(selection, self.variables):
                continue
            seen.add(name)
            fragment = self.fragments[name]
            if self._applies(fragment, parent):
                self._collect_into(collected, seen, parent, fragment.selection_set)

    def _applies(self, fragment: FragmentDefinitionNode | InlineFragmentNode, parent: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        name = fragment.type_condition.name.value
        if name == parent.name:
            return True
        wanted = self.schema.get_type(name)
        return is_abstract_type(wanted) and self.schema.is_sub_type(wanted, parent)


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


def _sets(nodes: Iterable[FieldNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set is not None]
