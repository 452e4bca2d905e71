"""Projected reads within GraphQL's own execution: one statement for a root field or for a payload's node.

The values of declared types are dictionaries by response key, made by a compiled read; a payload names the node it
shows with `projected`, and the node is read when its field is resolved, with exactly what is selected of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable
from typing import TypeVar, cast

from graphql import GraphQLField, GraphQLResolveInfo, GraphQLSchema, get_named_type, is_abstract_type
from graphql import is_object_type as is_object
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import Info
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.utils.str_converters import to_camel_case

from app.projection.compiler import Compiler, Request
from app.projection.model import Model
from app.projection.reading import not_found, run
from app.projection.shaper import TYPE
from app.transactions import Value
from graph_schema.connections import PROJECTED
from graph_schema.context import Context
from graph_schema.declaration import declaration_of
from graph_schema.interfaces import interface_of

N = TypeVar("N")

_COMPILER = "trellis_compiler"
_Resolver = Callable[..., object]


@dataclass(frozen=True, slots=True)
class _Reference:
    """A node that a payload shows, read when its field is resolved."""

    type_name: str
    id: str


def reference(type_: type[N], id_: str) -> N:
    """The node of a declared type or interface with that id, as a field's value; it is read as `projected` says."""
    return cast("N", _Reference(type_.__name__, id_))


async def projected(info: Info[Context, None], type_: type[N], id_: str, *, field: str | None = None) -> N:
    """The node of a declared type with that id, as a payload's value.

    What the caller selected of it is read when the payload's field is resolved, in one statement; a node that is gone
    by then is null. `field` is the payload's field, for the reader of the code.
    """
    if declaration_of(type_) is None and interface_of(type_) is None:
        raise TypeError(f"{type_.__name__} is not declared with @node or @interface")
    return reference(type_, id_)


def compiler_of(schema: GraphQLSchema) -> Compiler:
    """The compiler of a schema's reads."""
    return cast("Compiler", schema.extensions[_COMPILER])


def attach(schema: GraphQLSchema, model: Model, compiler: Compiler) -> None:
    """Give the fields of declared types, and every field that shows one, the resolvers that projected reads need."""
    schema.extensions[_COMPILER] = compiler
    for graphql_type in schema.type_map.values():
        if is_abstract_type(graphql_type) and graphql_type.name in model.abstract:
            graphql_type.resolve_type = _type_of
        definition = graphql_type.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not is_object(graphql_type) or not isinstance(definition, StrawberryObjectDefinition):
            continue
        is_projected = PROJECTED in vars(definition.origin)
        if graphql_type.name in model.types:
            # Its values are dictionaries, and never of another type.
            graphql_type.is_type_of = None
        names = {each.graphql_name or to_camel_case(each.python_name): each.python_name for each in definition.fields}
        for name, field in graphql_type.fields.items():
            if is_projected:
                field.resolve = _by_response_key(compiler, names.get(name, name))
            elif graphql_type is schema.query_type and name in model.entries:
                field.resolve = _root(compiler)
            elif get_named_type(field.type).name in model.types:
                field.resolve = _dereferencing(compiler, field)


def _type_of(value: object, *_: object) -> str:
    return str(value[TYPE]) if isinstance(value, dict) else type(value).__name__


def _by_response_key(compiler: Compiler, python_name: str) -> _Resolver:
    def resolve(source: object, info: GraphQLResolveInfo[Context], **_: object) -> object:
        if isinstance(source, dict):
            return source[info.path.key]
        found = getattr(source, python_name)
        return _node(compiler, found, info) if isinstance(found, _Reference) else found

    return resolve


def _root(compiler: Compiler) -> _Resolver:
    async def resolve(_: object, info: GraphQLResolveInfo[Context], **__: object) -> object:
        request = _request(info)
        key = str(info.path.key)
        compiled = compiler.root(request, key, info.parent_type, info.field_nodes)
        parameters = compiled.parameters(request.variables)
        columns, given = await run(info.context.application.graph, compiled, info.context.signed_in(), parameters)
        data, missing = compiled.raw(columns, given)
        for each in missing:
            raise not_found(each)
        return data[key]

    return resolve


def _dereferencing(compiler: Compiler, field: GraphQLField) -> _Resolver:
    inner = field.resolve

    async def read(found: object, info: GraphQLResolveInfo[Context]) -> object:
        value = await cast("Awaitable[object]", found) if isawaitable(found) else found
        if isinstance(value, list):
            return [await read(each, info) for each in value]
        return await _node(compiler, value, info) if isinstance(value, _Reference) else value

    def resolve(source: object, info: GraphQLResolveInfo[Context], **arguments: object) -> object:
        found = inner(source, info, **arguments) if inner else getattr(source, info.field_name)
        return read(found, info) if isawaitable(found) or isinstance(found, _Reference | list) else found

    return resolve


async def _node(compiler: Compiler, reference: _Reference, info: GraphQLResolveInfo[Context]) -> object:
    request = _request(info)
    path = tuple(key for key in info.path.as_list() if isinstance(key, str))
    compiled = compiler.node(request, reference.type_name, path, info.field_nodes)
    parameters: dict[str, Value] = {**compiled.parameters(request.variables), "id": reference.id}
    columns, given = await run(info.context.application.graph, compiled, info.context.signed_in(), parameters)
    data, _ = compiled.raw(columns, given)
    return data["node"]


def _request(info: GraphQLResolveInfo[Context]) -> Request:
    location = info.operation.loc
    # Strawberry hands out the coerced values alone, graphql-core hands out its container.
    given: object = info.variable_values
    variables = given if isinstance(given, VariableValues) else VariableValues({}, cast("dict[str, object]", given))
    return Request(location.source.body if location else "", info.operation, info.fragments, variables)
