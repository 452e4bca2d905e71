"""Where a query enters the graph: root fields that are projected, declared on the Query type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from operator import or_
from types import GenericAlias, MappingProxyType
from typing import TypeVar, cast

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import to_camel_case

from app.projection.fulltext import LONGEST_TEXT
from app.projection.model import Entry, EntryOne, EntryPage, EntrySearch, Filter, Order, Test
from app.weights import Weight
from graph_schema.connections import annotation_of, connection_arguments, connection_type, paging_arguments
from graph_schema.declaration import lazy
from graph_schema.stored import Stored
from graph_schema.weights import ALL, LOOKING, SEARCHING, weighed, weighing

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., object])

ENTRIES = "__trellis_entries__"
_NONE: Mapping[str, Stored] = MappingProxyType({})


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
    weight: Weight | None


@dataclass(frozen=True, slots=True)
class Page:
    """A root field that is a page of all nodes of a type."""

    target: str
    description: str
    order: tuple[Order, ...]
    where: Mapping[str, Where]
    weight: Weight


@dataclass(frozen=True, slots=True)
class Search:
    """A root field that is a page of what a text finds."""

    target: str
    description: str
    index: str
    weights: Mapping[str, float]
    kinds: type
    properties: Mapping[str, Stored]
    weight: Weight = SEARCHING


def by_id(target: str, description: str, *, argument: str | None = "id", weight: Weight | None = None) -> ById:
    """A root field that is one node of a type; an unknown id is an error with the code NOT_FOUND."""
    return ById(target, description, argument, weight)


def page(
    target: str,
    description: str,
    *,
    order: tuple[Order, ...] = (Order("id"),),
    where: Mapping[str, Where] = MappingProxyType({}),
    weight: Weight = ALL,
) -> Page:
    """A root field that is a page of a type's nodes.

    Its arguments are those of every connection. A list that is narrowed by arguments of its own names them in `where`,
    by Python name, and takes these instead of `where` and `orderBy`. `weight` is PAGE where there are few such
    nodes.
    """
    return Page(target, description, order, where, weight)


def search(
    target: str,
    description: str,
    *,
    index: str,
    weights: Mapping[str, float],
    kinds: type,
    properties: Mapping[str, Stored],
) -> Search:
    """A root field that is a page of what a text finds by a full-text index, the best first.

    `weights` says how much a word counts by the property it stands in, the name first; `kinds` is the enum of the
    labels one can keep to, `properties` has the `score` of a hit.
    """
    return Search(target, description, index, weights, kinds, properties)


def resolved(*, description: str, weight: Weight = LOOKING) -> Callable[[F], F]:
    """Make a method a root field with a resolver of its own; it stays typed as it is.

    `weight` says what it costs beside what it answers: how much of the graph it looks at.
    """

    def decorate(method: F) -> F:
        return cast("F", strawberry.field(method, description=description, metadata=weighing(weight)))

    return decorate


def query(cls: C) -> C:
    """Make a class of entries, and of Strawberry fields with resolvers of their own, the Query type."""
    found = {name: each for name, each in vars(cls).items() if isinstance(each, ById | Page | Search)}
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


def _entry(name: str, declared: ById | Page | Search) -> Entry:
    target = declared.target.rpartition(".")[2]
    if isinstance(declared, ById):
        return EntryOne(to_camel_case(name), target, declared.argument)
    if isinstance(declared, Search):
        return EntrySearch(to_camel_case(name), target, declared.index, declared.weights)
    filters: list[Filter] = []
    for argument, where in declared.where.items():
        if isinstance(where.test, Mapping):
            filters += [Filter((to_camel_case(argument), to_camel_case(own)), test) for own, test in where.test.items()]
        else:
            filters.append(Filter((to_camel_case(argument),), where.test))
    return EntryPage(to_camel_case(name), target, declared.order, tuple(filters))


def _field(name: str, declared: ById | Page | Search, module: str) -> StrawberryField:
    target = lazy(declared.target, module)
    if isinstance(declared, ById):
        made = StrawberryField(
            python_name=name, type_annotation=StrawberryAnnotation(target | None), description=declared.description
        )
        if declared.argument is not None:
            made.arguments = [_argument(declared.argument, strawberry.ID, f"The id of the {target.type_name}.")]
        return weighed(made, declared.weight)
    shown, properties = ("Search", declared.properties) if isinstance(declared, Search) else (target.type_name, _NONE)
    made = StrawberryField(
        python_name=name,
        type_annotation=StrawberryAnnotation(connection_type(target, shown, properties)),
        description=declared.description,
    )
    if isinstance(declared, Search):
        made.arguments = [
            _argument("text", str, f"What to look for: words, or their beginnings; at most {LONGEST_TEXT} characters."),
            _argument(
                "kinds", GenericAlias(list, (declared.kinds,)), "Only what is of one of these kinds.", optional=True
            ),
            *paging_arguments(),
        ]
        return weighed(made, declared.weight)
    own = [_argument(key, each.type, each.description, optional=True) for key, each in declared.where.items()]
    made.arguments = [*own, *paging_arguments()] if own else connection_arguments(target)
    return weighed(made, declared.weight)


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
