"""Compiles what a query reads, and keeps what it compiled."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    visit,
)
from graphql.execution.values import VariableValues

from app.errors import InvalidInput
from app.gathering import Together
from app.projection.model import Model, SortDirection
from app.projection.selection import NotProjectable, Reading
from app.projection.shaper import Mode, Shape, generate
from app.projection.statement import Guard, Writer, unguarded
from app.projection.variables import VariableFinder
from app.projection.written import Binding, Written, in_parts, together
from app.recent import KEPT_CHARACTERS, Recent
from app.transactions import Value

LONGEST_KEPT = 32_768
"""Characters of a document: what is longer is compiled each time, so that the plans kept are bounded in bytes too."""


class Compiled:
    """One compiled read: the statement, its parameters for given variables, and how its answer is shaped."""

    def __init__(self, written: Written) -> None:
        self._written = written
        self._constant: dict[str, Value] = {}
        self._bound: list[Binding] = []
        for binding in written.bindings:
            if _uses_variables(binding.arguments.node):
                self._bound.append(binding)
            else:
                self._constant[binding.parameter] = _bind(binding, VariableValues({}, {}))

    @property
    def text(self) -> str:
        """The statement; `$tenant`, `$actor` and, where it `searches`, `$scope` are its callers' to give."""
        return self._written.text

    @cached_property
    def together(self) -> Together | None:
        """How many such reads are asked at once; None where each has a statement of its own."""
        return together(self._written)

    @property
    def lists(self) -> tuple[int, ...]:
        """The columns that hold the rows of a page."""
        return self._written.layout.lists

    @cached_property
    def in_parts(self) -> str:
        """The same in several rows, where there are `lists`: each has some of their rows, the first everything else."""
        return in_parts(self._written)

    @property
    def searches(self) -> bool:
        """Whether it asks the full-text index, which is told the tenant in words of its own: `fulltext.scope`."""
        return self._written.searches

    @property
    def name(self) -> str:
        """What the statement is called in metrics: one of a bounded set."""
        return self._written.name

    @property
    def nodes(self) -> Mapping[str, tuple[FieldNode, ...]]:
        """The nodes of root fields that may find nothing, by response key."""
        return self._written.nodes

    def parameters(self, variables: VariableValues) -> dict[str, Value]:
        """The statement's parameters. Raises GraphQLError where an argument's value does not fit, naming it."""
        parameters = dict(self._constant)
        for binding in self._bound:
            parameters[binding.parameter] = _bind(binding, variables)
        return parameters

    @cached_property
    def wire(self) -> Shape:
        """Shapes the answer as it goes out; raises Irregular where GraphQL's own execution has to judge it."""
        return generate(self._written.layout, Mode.WIRE)

    @cached_property
    def raw(self) -> Shape:
        """Shapes the answer for GraphQL's own execution: dictionaries by response key."""
        return generate(self._written.layout, Mode.RAW)


def _bind(binding: Binding, variables: VariableValues) -> Value:
    try:
        return binding.read(binding.arguments.values(variables))
    except InvalidInput as refused:
        raise binding.arguments.refusal(refused) from refused


@dataclass(frozen=True, slots=True)
class Request:
    """One operation to be read: the document's text is what plans are kept by."""

    text: str
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues


class Compiler:
    """Compiles the reads of one schema; keeps at most `plans` of them, the longest unused leaves first."""

    def __init__(self, model: Model, schema: GraphQLSchema, *, guard: Guard = unguarded, plans: int = 512) -> None:
        self._model = model
        self._schema = schema
        self._guard = guard
        self._shapes: Recent[_Shapes] = Recent(plans, heaviest=KEPT_CHARACTERS)
        self._plans: Recent[Compiled | None] = Recent(plans, heaviest=KEPT_CHARACTERS)

    @property
    def model(self) -> Model:
        """What the compiler was told about the graph."""
        return self._model

    @property
    def kept(self) -> int:
        """How many compiled reads are kept at the moment."""
        return len(self._plans)

    def operation(self, request: Request) -> Compiled:
        """The whole query as one statement.

        Raises NotProjectable where GraphQL's own execution is needed for any part, and GraphQLError where a variable's
        value does not fit its argument.
        """

        def write() -> Written:
            parent = self._schema.query_type
            assert parent is not None
            roots = self._reading(request).roots(request.operation.selection_set, parent)
            return self._writer(request).query(roots)

        return self._compiled(request, (), write)

    def root(self, request: Request, key: str, parent: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Compiled:
        """One root field of a query as one statement. Raises as `operation`."""

        def write() -> Written:
            selected = self._reading(request).root(key, parent.fields.get(nodes[0].name.value), nodes)
            return self._writer(request).query((selected,))

        return self._compiled(request, ("root", key), write)

    def check(self, request: Request) -> None:
        """Check the arguments of a query's root fields that can be projected, whatever answers the others.

        Raises GraphQLError where one is refused, naming it; a null where GraphQL allows none is left to its execution.
        """
        parent = self._schema.query_type
        assert parent is not None
        for key, nodes in self._reading(request).fields(request.operation.selection_set, parent):
            try:
                self.root(request, key, parent, nodes).parameters(request.variables)
            except NotProjectable:
                continue
            except GraphQLError as error:
                if isinstance(error.original_error, InvalidInput):
                    raise

    def node(self, request: Request, type_name: str, path: Hashable, nodes: Sequence[FieldNode]) -> Compiled:
        """What the fields at a path of the answer select of one node, whose id is the parameter `id`.

        Raises as `operation`.
        """

        def write() -> Written:
            return self._writer(request).node_by_id(self._reading(request).node(type_name, nodes))

        return self._compiled(request, ("node", type_name, path), write)

    def payloads(self, request: Request, parent: GraphQLObjectType) -> None:
        """Compile what the payloads of a mutation show and check its arguments, before anything is changed.

        Raises GraphQLError where an argument does not fit, naming it.
        """
        for path, type_name, nodes in self._reading(request).payloads((request.operation.selection_set,), parent):
            self.node(request, type_name, path, nodes).parameters(request.variables)

    def _compiled(self, request: Request, part: Hashable, write: Callable[[], Written]) -> Compiled:
        name = request.operation.name.value if request.operation.name else None
        weight = len(request.text)
        keep = weight <= LONGEST_KEPT
        shapes = self._shapes.get((request.text, name), lambda: _Shapes.of(request), keep=keep, weight=weight)
        key = (request.text, name, part, shapes.key(request.variables))

        def compiled() -> Compiled | None:
            try:
                return Compiled(write())
            except NotProjectable:
                return None

        found = self._plans.get(key, compiled, keep=keep, weight=weight)
        if found is None:
            raise NotProjectable(name)
        return found

    def _reading(self, request: Request) -> Reading:
        return Reading(self._schema, self._model, request.fragments, request.variables)

    def _writer(self, request: Request) -> Writer:
        return Writer(self._model, request.variables, self._guard)


@dataclass(frozen=True, slots=True)
class _Shapes:
    """Which variables of an operation change its statement: by value in directives, by being given in arguments."""

    decided: tuple[str, ...]
    given: tuple[str, ...]

    @classmethod
    def of(cls, request: Request) -> _Shapes:
        finder = VariableFinder()
        for node in (request.operation.selection_set, *request.fragments.values()):
            visit(node, finder)
        return cls(tuple(sorted(finder.decided)), tuple(sorted(finder.given)))

    def key(self, variables: VariableValues) -> Hashable:
        coerced = variables.coerced
        return (
            tuple(coerced.get(name) for name in self.decided),
            tuple(_structure(coerced.get(name)) for name in self.given),
        )


def _structure(value: object) -> Hashable:
    """What of a value changes the statement: which parts of it there are, and which way a key of an order runs."""
    match value:
        case Mapping():
            return tuple(sorted((name, _structure(each)) for name, each in value.items()))
        case list() if all(isinstance(each, Mapping) for each in value):
            return tuple(_structure(each) for each in value)
        case SortDirection():
            return value.name
    return value is not None


def _uses_variables(node: FieldNode) -> bool:
    finder = VariableFinder()
    for argument in node.arguments or ():
        visit(argument, finder)
    return bool(finder.given)
