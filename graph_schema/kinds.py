"""What the use cases that write are told of the declared types: which values, which parents, what deleting means."""

from collections.abc import Iterable
from typing import cast

from graphql import GraphQLSchema

from app.domain.kinds import Consequence, Edge, Field, Hop, Kind, Kinds, Parent, Rule
from app.projection.model import Direction
from graph_schema.declaration import Declaration, DeclarationInvalid, Many, One, Step, declaration_of, lazy
from graph_schema.interfaces import ENTITY, is_interface
from graph_schema.stored import Stored

_KINDS = "trellis_kinds"


def attach_kinds(schema: GraphQLSchema, types: Iterable[type]) -> None:
    """Give a schema the kinds of these types. Raises DeclarationInvalid."""
    schema.extensions[_KINDS] = kinds_of(types)


def kinds_in(schema: GraphQLSchema) -> Kinds:
    """The kinds of a schema's types."""
    return cast("Kinds", schema.extensions[_KINDS])


def labels_in(schema: GraphQLSchema) -> frozenset[str]:
    """The labels of all declared types of a schema."""
    return kinds_in(schema).labels


def kinds_of(types: Iterable[type]) -> Kinds:
    """The kinds of those among these types that say a key. Raises DeclarationInvalid."""
    found = [(each, declaration) for each in types if (declaration := declaration_of(each)) is not None]
    consequences = {declaration.label: _consequences(declaration) for _, declaration in found}
    return Kinds([_kind(each, declaration) for each, declaration in found if declaration.key], consequences)


def parent_of(cls: type, declaration: Declaration) -> tuple[str, One]:
    """Name and edge of what nodes of a type are part of: the edge that the key names, or the one that is fixed.

    Raises DeclarationInvalid.
    """
    key = declaration.key or ""
    edges = {name: each for name, each in declaration.fields.items() if isinstance(each, One)}
    found = [(name, each) for name, each in edges.items() if f"{{{name}}}" in key or each.fixed is not None]
    if len(found) != 1 or len(found[0][1].path) != 1 or found[0][1].path[0].direction is not Direction.IN:
        raise DeclarationInvalid(
            f"{cls.__name__}: say what it is part of: key='{{parent}}/{{name}}' with parent = one(…, incoming(…), …)"
        )
    if "{name}" not in key:
        raise DeclarationInvalid(f"{cls.__name__}: its key has no {{name}}")
    return found[0]


def _kind(cls: type, declaration: Declaration) -> Kind:
    name, edge = parent_of(cls, declaration)
    fields, edges, constants = [], [], {}
    for own, each in declaration.fields.items():
        if own in ("name", name):
            continue
        if isinstance(each, Stored):
            if each.write is not None or each.told:
                fields.append(Field(each.property_ or own, each.checks, not each.optional))
            elif each.default is not None:
                constants[each.property_ or own] = each.default
        elif isinstance(each, One | Many) and each.write is not None:
            [hop] = hops_of(each, declaration)
            if isinstance(each, One):
                edges.append(Edge(own, hop, prefix=each.prefix, required=not each.optional))
            else:
                edges.append(Edge(own, hop, many=True))
    return Kind(
        label=declaration.label,
        key=declaration.key or "",
        parent=Parent(name, edge.path[0].type, hops_of(edge, declaration)[0].label, edge.fixed),
        fields=tuple(fields),
        edges=tuple(edges),
        constants=constants,
        users=declaration.users,
        named=declaration.named,
    )


def _consequences(declaration: Declaration) -> list[Consequence]:
    edges = [each for each in declaration.fields.values() if isinstance(each, One | Many)]
    return [
        Consequence(hops_of(each, declaration), each.on_delete) for each in edges if each.on_delete is not Rule.DETACH
    ]


def hops_of(edge: One | Many, declaration: Declaration) -> tuple[Hop, ...]:
    """The relationships of an edge's path, each with the label that it leads to. Raises DeclarationInvalid."""
    return tuple(_hop(edge, step, declaration) for step in edge.path)


def _hop(edge: One | Many, step: Step, declaration: Declaration) -> Hop:
    label = ENTITY if step.label is None and is_interface(edge.target) else step.label
    if label is None:
        target = declaration_of(lazy(edge.target, declaration.module).resolve_type())
        if target is None:
            raise DeclarationInvalid(f"{declaration.label}: {edge.target} is not declared; give it @node(…)")
        label = target.label
    return Hop(step.type, step.direction is Direction.OUT, label)
