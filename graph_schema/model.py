"""The projection's model, read off the declared types that a schema contains."""

from collections.abc import Iterable

from strawberry.utils.str_converters import to_camel_case

from app.projection.model import Entry, Field, Hop, Model, NodeType, ToMany, ToOne
from graph_schema.declaration import Declaration, DeclarationInvalid, Many, One, declaration_of, lazy
from graph_schema.entries import entries_of
from graph_schema.stored import Stored


def model_of(types: Iterable[type], query: type) -> Model:
    """The model of these types, those among them that are declared, entered by the Query type's entries.

    Raises DeclarationInvalid where an edge leads to something that is no declared type, and ModelInvalid where the
    types do not fit together.
    """
    declared = {}
    for each in types:
        declaration = declaration_of(each)
        if declaration is not None:
            declared[each.__name__] = NodeType(each.__name__, declaration.label, _fields(each, declaration))
    entries: dict[str, Entry] = dict(entries_of(query))
    return Model(declared, entries)


def _fields(cls: type, declaration: Declaration) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for name, each in declaration.fields.items():
        graphql_name = to_camel_case(name)
        match each:
            case Stored():
                fields[graphql_name] = each.leaf(name)
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
    found = declaration_of(target)
    if found is None:
        raise DeclarationInvalid(f"{cls.__name__}.{name}: {edge.target} is not declared; give it @node(…)")
    last = edge.path[-1]
    if last.label not in (None, found.label):
        raise DeclarationInvalid(
            f"{cls.__name__}.{name}: {last.type} reaches {last.label}, but {edge.target} has label {found.label}"
        )
    hops = [Hop(step.type, step.direction, step.label or found.label) for step in edge.path]
    return target.__name__, tuple(hops)
