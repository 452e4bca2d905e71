"""Pages as Relay has them: connection, edge and page information, one pair of types a target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import or_
from types import GenericAlias, new_class
from typing import cast

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

from app.projection.paging import DEFAULT_FIRST, MOST_FIRST
from graph_schema.stored import Stored
from graph_schema.weights import COUNTED, ITEM, weighed

PROJECTED = "__trellis_projected__"
"""Marks the classes whose fields are projected: their values are found by response key."""


@strawberry.type(description="Where a page begins and ends, and whether others are before and after it.")
class PageInfo:
    """Where a page begins and ends, and whether others are before and after it."""

    has_next_page: bool = strawberry.field(description="Whether more nodes follow after this page.")
    has_previous_page: bool = strawberry.field(
        description="Whether nodes come before this page. Lists are read forwards: it is true where `after` was given, "
        "and nothing is looked up for it."
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first edge; null where the page is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last edge, to pass as `after`; null where the page is empty."
    )


setattr(PageInfo, PROJECTED, True)


def connection_type(target: LazyType[object, object], name: str, properties: Mapping[str, Stored]) -> type:
    """The connection type `<name>Connection` of pages of a target; `properties` are on its edges."""
    return _connection(target, name, tuple(properties.items()))


@cache
def _connection(target: LazyType[object, object], name: str, properties: tuple[tuple[str, Stored], ...]) -> type:
    edge = _type(
        f"{name}Edge",
        f"One {target.type_name} of a page.",
        _field("cursor", str, "Where this edge stands in the list, to pass as `after`."),
        _field("node", target, f"The {target.type_name}."),
        *(each.field(own) for own, each in properties),
    )
    edges = "The page's nodes with their cursors and what the relationship itself says."
    return _type(
        f"{name}Connection",
        f"A page of {target.type_name} nodes.",
        weighed(_field("nodes", GenericAlias(list, (target,)), "The page's nodes, in order."), ITEM),
        weighed(_field("edges", GenericAlias(list, (edge,)), edges), ITEM),
        _field("page_info", PageInfo, "Where the page begins and ends, and whether others are around it."),
        weighed(_field("total_count", int, "How many there are on all pages; counted only when asked for."), COUNTED),
    )


@dataclass(frozen=True)
class LazyInput(LazyType[object, object]):
    """An input type that is made from a declared type once all of them are known.

    `type_name` is the function of `module` that makes it from the class that `target` leads to.
    """

    target: LazyType[object, object] | None = None

    def resolve_type(self) -> type:
        """The input type."""
        make = cast("Callable[[type], type]", super().resolve_type())
        assert self.target is not None
        return make(self.target.resolve_type())


def lazy_input(make: str, target: LazyType[object, object]) -> LazyInput:
    """What the function of that name in `graph_schema.filters` makes of a target."""
    return LazyInput(make, "graph_schema.filters", None, target)


def connection_arguments(target: LazyType[object, object]) -> list[StrawberryArgument]:
    """The arguments of every connection: `where`, `orderBy`, `first` and `after`."""
    where, order = lazy_input("node_filter", target), lazy_input("node_order", target)
    return [
        StrawberryArgument(
            python_name="where",
            graphql_name=None,
            type_annotation=StrawberryAnnotation(where | None),
            description=f"Which {target.type_name} nodes; all where it is missing.",
            default=UNSET,
        ),
        StrawberryArgument(
            python_name="order_by",
            graphql_name=None,
            type_annotation=StrawberryAnnotation(or_(GenericAlias(list, (order,)), None)),
            description="The keys to order by, the most important first; `id` is always the last.",
            default=UNSET,
        ),
        *paging_arguments(),
    ]


def paging_arguments() -> list[StrawberryArgument]:
    """The arguments `first` and `after`."""
    return [
        StrawberryArgument(
            python_name="first",
            graphql_name=None,
            type_annotation=StrawberryAnnotation(int | None),
            description=f"How many nodes at most, 1 to {MOST_FIRST}.",
            default=DEFAULT_FIRST,
        ),
        StrawberryArgument(
            python_name="after",
            graphql_name=None,
            type_annotation=StrawberryAnnotation(str | None),
            description="The cursor after which to continue; from the start where it is missing.",
            default=UNSET,
        ),
    ]


def _field(name: str, annotation: object, description: str) -> StrawberryField:
    return StrawberryField(python_name=name, type_annotation=StrawberryAnnotation(annotation), description=description)


def _type(name: str, description: str, *fields: StrawberryField) -> type:
    def body(namespace: dict[str, object]) -> None:
        namespace["__doc__"] = description
        namespace["__module__"] = __name__
        namespace[PROJECTED] = True
        namespace["__annotations__"] = {each.python_name: annotation_of(each) for each in fields}
        namespace.update({each.python_name: each for each in fields})

    return strawberry.type(new_class(name, (), {}, body), description=description)


def annotation_of(field: StrawberryField) -> object:
    """The annotation a field was made with."""
    return field.type_annotation.raw_annotation if field.type_annotation else object
