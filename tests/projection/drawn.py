"""Random filters and orders for any type, read off the schema's own inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
)
from hypothesis import strategies as st

TEXTS = ("", "a", "cart", "Cart", "s", "s1", "shop", "Workload", "service", "http:80:8080", "v1", "echo")
IDS = ("shop", "shop@staging", "shop/boutique", "shop/boutique/cart", "whole/app", "whole/app/s03", "whole/", "none")
TIMES = ("2020-01-01T00:00:00Z", "2026-03-01T12:00:00.500+02:00", "2026-03-02T00:00:00Z", "2099-01-01T00:00:00Z")
_SCALARS: Mapping[str, Sequence[object]] = {
    "String": TEXTS,
    "ID": IDS,
    "Int": (-1, 0, 1, 2, 3, 7),
    "Float": (-1.5, 0.0, 2.5),
    "Boolean": (True, False),
    "DateTime": TIMES,
}


class Word(str):
    """A value of an enum: a text in JSON, a bare word in a document."""

    __slots__ = ()


SEARCHES = (
    "a",
    "cart",
    "Cart s",
    "crat",
    "catr",
    "s1",
    "shop",
    "servce s0",
    "p0/a1",
    "p1",
    "none",
    "v1",
    "service",
    "...",
)


def filters(type_: GraphQLInputObjectType, *, depth: int = 3) -> st.SearchStrategy[dict[str, object]]:
    """Valid values of a filter's type, at most so many levels of filters deep, without a search."""

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, object]:
        return _filter(draw, type_, depth)

    return drawn()


def searching(type_: GraphQLInputObjectType, *, depth: int = 3) -> st.SearchStrategy[dict[str, object]]:
    """Filters with one search, in what has to be met: of the node itself, or of one that it leads to."""

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, object]:
        return _searching(draw, type_, depth)

    return drawn()


def _searching(draw: st.DrawFn, type_: GraphQLInputObjectType, depth: int) -> dict[str, object]:
    made = _filter(draw, type_, min(depth, 2)) if draw(st.booleans()) else {}
    ways = ["search", "and"] + [
        name
        for name, each in type_.fields.items()
        if name not in ("and", "or", "not") and _nests(each.type) and depth > 1 and _searched(each.type)
    ]
    way = draw(st.sampled_from(ways))
    inner = get_named_type(type_.fields[way].type)
    if way == "search" or depth == 1 or not is_input_object_type(inner):
        return {**made, "search": draw(st.sampled_from(SEARCHES))}
    if way == "and":
        return {**made, "and": [_searching(draw, inner, depth - 1)]}
    if "some" not in inner.fields:
        return {**made, way: _searching(draw, inner, depth - 1)}
    some = get_named_type(inner.fields["some"].type)
    assert is_input_object_type(some)
    if "node" not in some.fields:
        return {**made, way: {"some": _searching(draw, some, depth - 1)}}
    node = get_named_type(some.fields["node"].type)
    assert is_input_object_type(node)
    edge = _filter(draw, some, 1) if draw(st.booleans()) else {}
    return {**made, way: {"some": {**edge, "node": _searching(draw, node, depth - 1)}}}


def _searched(type_: GraphQLInputType) -> bool:
    """Whether what a filter's field leads to can be searched."""
    found: GraphQLNamedType = get_named_type(type_)
    for name in ("some", "node"):
        if is_input_object_type(found) and name in found.fields:
            found = get_named_type(found.fields[name].type)
    return is_input_object_type(found) and "search" in found.fields


def orders(type_: GraphQLInputObjectType) -> st.SearchStrategy[list[dict[str, object]]]:
    """Valid values of an `orderBy`."""
    item = st.tuples(st.sampled_from(sorted(type_.fields)), st.sampled_from((Word("ASC"), Word("DESC"))))
    return st.lists(item, max_size=3, unique_by=lambda each: each[0]).map(
        lambda items: [{name: direction} for name, direction in items]
    )


def _filter(draw: st.DrawFn, type_: GraphQLInputObjectType, depth: int) -> dict[str, object]:
    names = [name for name in type_.fields if name != "search" and (depth > 1 or not _nests(type_.fields[name].type))]
    chosen = draw(st.lists(st.sampled_from(names), max_size=2, unique=True)) if names else []
    made: dict[str, object] = {}
    for name in chosen:
        kind = get_nullable_type(type_.fields[name].type)
        inner = get_named_type(kind)
        assert is_input_object_type(inner)
        if isinstance(kind, GraphQLList):
            made[name] = [_filter(draw, inner, depth - 1) for _ in range(draw(st.integers(0, 2)))]
        elif "some" in inner.fields:
            quantifier = draw(st.sampled_from(("some", "none", "every")))
            made[name] = {quantifier: _filter(draw, get_named_type(inner.fields[quantifier].type), depth - 1)}
        elif "and" in inner.fields:
            made[name] = _filter(draw, inner, depth - 1)
        else:
            made[name] = _operators(draw, inner)
    return made


def _nests(kind: GraphQLInputType) -> bool:
    named = get_named_type(kind)
    return is_input_object_type(named) and ("and" in named.fields or "some" in named.fields)


def _operators(draw: st.DrawFn, type_: GraphQLInputObjectType, *, again: bool = True) -> dict[str, object]:
    names = [name for name in type_.fields if again or name != "not"]
    made: dict[str, object] = {}
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)):
        kind = get_nullable_type(type_.fields[name].type)
        if name == "not":
            made[name] = _operators(draw, type_, again=False)
        elif isinstance(kind, GraphQLList):
            made[name] = [_value(draw, kind) for _ in range(draw(st.integers(0, 2)))]
        else:
            made[name] = _value(draw, kind)
    return made


def _value(draw: st.DrawFn, kind: GraphQLInputType) -> object:
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        return Word(draw(st.sampled_from(sorted(named.values))))
    assert isinstance(named, GraphQLScalarType)
    return draw(st.sampled_from(_SCALARS[named.name]))


def literal(value: object) -> str:
    """A value as it stands in a document."""
    match value:
        case Word():
            return str(value)
        case str():
            return f'"{value}"'
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
    return str(value)
