"""Where a query enters the graph: root fields that are projected, declared on the Query type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from operator import or_
from types import MappingProxyType
from typing import TypeVar, cast

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import to_camel_case

from app.projection.model import Entry, EntryOne, EntryPage, Filter, Hop, Order, Reaches, Test
from graph_schema.connections import annotation_of, connection_type, paging_arguments
from graph_schema.declaration import DeclarationInvalid, Step, lazy

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., object])

ENTRIES = "__trellis_entries__"


@dataclass(frozen=True, slots=True)
class Where:
    """An argument that narrows a list: its GraphQL type, and what it asks of a node.

    An argument whose type is an input object has one test for each of the object's fields, by Python name.
    """

    type: object
    description: str
    test: Test | Mapping[str, Test]


@dataclass(frozen=True, slots=True)
class ById:
    """A root field that is one node, found by its id; `argument` None means the caller's own."""

    target: str
    description: str
    argument: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A root field that is a page of all nodes of a type."""

    target: str
    description: str
    order: tuple[Order, ...]
    where: Mapping[str, Where]


def reaches(*path: Step, unique: bool = True) -> Reaches:
    """Asks that a path leads from a node to the one with the given id; every step says its label.

    `unique` is False where more than one such path can lead to the same node. Raises DeclarationInvalid.
    """
    hops = []
    for step in path:
        if step.label is None:
            raise DeclarationInvalid(f"say the label that {step.type} reaches: outgoing('{step.type}', 'Label')")
        hops.append(Hop(step.type, step.direction, step.label))
    return Reaches(tuple(hops), unique=unique)


def by_id(target: str, description: str, *, argument: str | None = "id") -> ById:
    """A root field that is one node of a type; an unknown id is an error with the code NOT_FOUND."""
    return ById(target, description, argument)


def page(
    target: str,
    description: str,
    *,
    order: tuple[Order, ...] = (Order("id"),),
    where: Mapping[str, Where] = MappingProxyType({}),
) -> Page:
    """A root field that is a page of a type's nodes; `where` are its further arguments by Python name."""
    return Page(target, description, order, where)


def resolved(*, description: str) -> Callable[[F], F]:
    """Make a method a root field with a resolver of its own; it stays typed as it is."""

    def decorate(method: F) -> F:
        return cast("F", strawberry.field(method, description=description))

    return decorate


def query(cls: C) -> C:
    """Make a class of entries, and of Strawberry fields with resolvers of their own, the Query type."""
    found = {name: each for name, each in vars(cls).items() if isinstance(each, ById | Page)}
    fields = {name: _field(name, each, cls.__module__) for name, each in found.items()}
    cls.__annotations__ = {
        **vars(cls).get("__annotations__", {}),
        **{name: annotation_of(each) for name, each in fields.items()},
    }
    for name, each in fields.items():
        setattr(cls, name, each)
    setattr(cls, ENTRIES, {to_camel_case(name): _entry(name, each) for name, each in found.items()})
    return strawberry.type(cls, name="Query", description=" ".join(cleandoc(cls.__doc__ or "").split()))


def entries_of(cls: type) -> Mapping[str, Entry]:
    """The projected root fields of a Query type, by GraphQL name."""
    found: Mapping[str, Entry] = vars(cls)[ENTRIES]
    return found


def _entry(name: str, declared: ById | Page) -> Entry:
    target = declared.target.rpartition(".")[2]
    if isinstance(declared, ById):
        return EntryOne(to_camel_case(name), target, declared.argument)
    filters: list[Filter] = []
    for argument, where in declared.where.items():
        if isinstance(where.test, Mapping):
            filters += [Filter((to_camel_case(argument), to_camel_case(own)), test) for own, test in where.test.items()]
        else:
            filters.append(Filter((to_camel_case(argument),), where.test))
    return EntryPage(to_camel_case(name), target, declared.order, tuple(filters))


def _field(name: str, declared: ById | Page, module: str) -> StrawberryField:
    target = lazy(declared.target, module)
    if isinstance(declared, ById):
        made = StrawberryField(
            python_name=name, type_annotation=StrawberryAnnotation(target | None), description=declared.description
        )
        if declared.argument is not None:
            made.arguments = [_argument(declared.argument, strawberry.ID, f"The id of the {target.type_name}.")]
        return made
    made = StrawberryField(
        python_name=name,
        type_annotation=StrawberryAnnotation(connection_type(target, target.type_name, {})),
        description=declared.description,
    )
    own = [_argument(key, each.type, each.description, optional=True) for key, each in declared.where.items()]
    made.arguments = [*own, *paging_arguments()]
    return made


def _argument(name: str, type_: object, description: str, *, optional: bool = False) -> StrawberryArgument:
    if not optional:
        return StrawberryArgument(
            python_name=name, graphql_name=None, type_annotation=StrawberryAnnotation(type_), description=description
        )
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(or_(type_, None)),
        description=description,
        default=UNSET,
    )
