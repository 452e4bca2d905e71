"""The projection's model, read off the declared types that a schema contains."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.union import StrawberryUnion
from strawberry.utils.str_converters import to_camel_case

from app.projection.model import AbstractType, Composed, Entry, Field, Hop, Model, NodeType, TextIndex, ToMany, ToOne
from graph_schema.declaration import Declaration, DeclarationInvalid, Many, One, Together, declaration_of, lazy
from graph_schema.entries import entries_of
from graph_schema.interfaces import ENTITY, interface_of
from graph_schema.search import INDEX, WEIGHTS
from graph_schema.stored import Stored


def model_of(types: Collection[type], query: type, unions: Iterable[StrawberryUnion] = ()) -> Model:
    """The model of these types, those among them that are declared, entered by the Query type's entries.

    Interfaces are among the types; `unions` are those that count whose members are all declared.

    Raises DeclarationInvalid where an edge leads to something that is no declared type, and ModelInvalid where the
    types do not fit together.
    """
    declared = {}
    abstract = {}
    named = {each: found for each in types if (found := declaration_of(each)) is not None}
    for each, declaration in named.items():
        text = TextIndex(INDEX, WEIGHTS) if declaration.entity else None
        declared[each.__name__] = NodeType(each.__name__, declaration.label, _fields(each, declaration), text)
    for interface in types:
        common = interface_of(interface)
        if common is not None:
            fit = [each.__name__ for each, own in named.items() if own.entity and common.fits(own.fields)]
            abstract[interface.__name__] = AbstractType(interface.__name__, ENTITY, tuple(sorted(fit)))
    for union in unions:
        members = [declaration_of(each) for each in _members(union)]
        if None not in members:
            abstract[str(union.graphql_name)] = _union(union)
    entries: dict[str, Entry] = dict(entries_of(query))
    return Model(declared, entries, abstract)


def _members(union: StrawberryUnion) -> list[type]:
    return [each for each in union.types if isinstance(each, type)]


def _union(union: StrawberryUnion) -> AbstractType:
    members = _members(union)
    labels = [found.label for each in members if (found := declaration_of(each)) is not None]
    return AbstractType(str(union.graphql_name), "|".join(labels), tuple(each.__name__ for each in members))


def _fields(cls: type, declaration: Declaration) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for name, each in declaration.fields.items():
        graphql_name = to_camel_case(name)
        match each:
            case Stored():
                fields[graphql_name] = each.leaf(name)
            case Together():
                fields[graphql_name] = Composed(graphql_name, each.properties, each.make)
            case One():
                target, hops = _path(cls, name, each, declaration.module)
                fields[graphql_name] = ToOne(graphql_name, hops, target, each.optional)
            case Many():
                target, hops = _path(cls, name, each, declaration.module)
                properties = {to_camel_case(key): own.leaf(key) for key, own in each.properties.items()}
                fields[graphql_name] = ToMany(graphql_name, hops, target, each.order, properties)
    return fields


def _path(cls: type, name: str, edge: One | Many, module: str) -> tuple[str, tuple[Hop, ...]]:
    try:
        target = lazy(edge.target, module).resolve_type()
    except (ImportError, KeyError) as error:
        raise DeclarationInvalid(
            f"{cls.__name__}.{name}: there is no {edge.target}; write module.Class as it stands beside {module}"
        ) from error
    reached = _reached(target)
    if reached is None:
        raise DeclarationInvalid(f"{cls.__name__}.{name}: {edge.target} is not declared; give it @node(…)")
    last = edge.path[-1]
    if last.label not in (None, reached.label):
        raise DeclarationInvalid(
            f"{cls.__name__}.{name}: {last.type} reaches {last.label}, but {edge.target} has label {reached.label}"
        )
    hops = [Hop(step.type, step.direction, step.label or reached.label) for step in edge.path]
    return reached.name, tuple(hops)


@dataclass(frozen=True, slots=True)
class _Reached:
    """What an edge leads to: its GraphQL name, and its label in the graph."""

    name: str
    label: str


def _reached(target: object) -> _Reached | None:
    if isinstance(target, type):
        found = declaration_of(target)
        if found is not None:
            return _Reached(target.__name__, found.label)
        return _Reached(target.__name__, ENTITY) if interface_of(target) is not None else None
    union = StrawberryAnnotation(target).resolve()
    if not isinstance(union, StrawberryUnion):
        return None
    made = _union(union)
    return _Reached(made.name, made.label)
