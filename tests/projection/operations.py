"""Random valid operations over the schema: deep, aliased, fragmented, paged, with directives and variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_input_object_type,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)
from hypothesis import strategies as st

from tests.projection.drawn import filters, literal, orders
from tests.projection.reads import COMPILER, SCHEMA

CORE = SCHEMA._schema
IDS = (
    "shop",
    "shop@staging",
    "shop/boutique",
    "shop/boutique/cart",
    "whole",
    "whole/app",
    "plan-1",
    "run-1",
    "nothing",
)
TEXTS = ("cart", "shop", "platf", "text", "s1 service", "prodcution", "// \\", "no such thing")
DEPTH = 4

Parent = GraphQLObjectType | GraphQLInterfaceType


def _possible(parent: Parent) -> list[str]:
    return [each.name for each in (CORE.get_possible_types(parent) if is_interface_type(parent) else [parent])]


def _overlapping(parent: Parent) -> list[str]:
    """The types that a fragment in a selection of `parent` can be on: itself, what it can be, what that implements."""
    found = dict.fromkeys([parent.name, *_possible(parent)])
    for name, each in CORE.type_map.items():
        if is_interface_type(each) and not set(_possible(parent)).isdisjoint(_possible(each)):
            found[name] = None
    return list(found)


@dataclass(frozen=True, slots=True)
class Operation:
    """A document and its variables."""

    text: str
    variables: Mapping[str, object]


@dataclass(slots=True)
class _Writer:
    draw: st.DrawFn
    definitions: list[str] = field(default_factory=list)
    variables: dict[str, object] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    made: int = 0
    within: int = 0

    def one_in(self, count: int) -> bool:
        return self.draw(st.integers(1, count)) == count

    def name(self, letter: str) -> str:
        self.made += 1
        return f"{letter}{self.made}"

    def variable(self, type_: str, value: object, *, default: str | None = None) -> str:
        """A new variable; now and then one with a default that is left out."""
        name = self.name("v")
        self.definitions.append(f"${name}: {type_}" + (f" = {default}" if default else ""))
        if default is None or not self.one_in(2):
            self.variables[name] = value
        return f"${name}"

    def directives(self) -> str:
        if not self.one_in(6):
            return ""
        value = self.draw(st.booleans())
        said = self.variable("Boolean!", value, default="true") if self.one_in(2) else str(value).lower()
        return f" @{self.draw(st.sampled_from(('include', 'skip')))}(if: {said})"

    def arguments(self, definition: GraphQLField) -> str:
        given: list[str] = []
        for argument, each in definition.args.items():
            kind = get_named_type(each.type)
            if argument == "first":
                if self.one_in(2):
                    size = self.draw(st.integers(1, 30))
                    said = self.variable("Int", size, default="4") if self.one_in(3) else str(size)
                    given.append(f"first: {said}")
            elif argument == "after":
                if self.one_in(6):
                    given.append(f"after: {self.variable('String', None)}")
            elif argument == "id":
                wanted = self.draw(st.sampled_from(IDS))
                given.append(f"id: {self.variable('ID!', wanted)}" if self.one_in(2) else f'id: "{wanted}"')
            elif argument in ("where", "orderBy"):
                if self.one_in(3):
                    assert is_input_object_type(kind)
                    drawn: object = self.draw(filters(kind) if argument == "where" else orders(kind))
                    written = self.variable(str(each.type), drawn) if self.one_in(2) else literal(drawn)
                    given.append(f"{argument}: {written}")
            elif argument == "text":
                wanted = self.draw(st.sampled_from(TEXTS))
                given.append(f"text: {self.variable('String!', wanted)}")
            elif argument == "filter":
                if self.one_in(2):
                    given.append('filter: {type: "service.", level: DEBUG}')
            elif isinstance(kind, GraphQLEnumType):
                if self.one_in(4):
                    value = self.draw(st.sampled_from(sorted(kind.values)))
                    given.append(f"{argument}: [{value}]" if is_list_type(each.type) else f"{argument}: {value}")
            elif self.one_in(4):
                given.append(f'{argument}: "{self.draw(st.sampled_from(IDS))}"')
        return f"({', '.join(given)})" if given else ""

    def selection(self, parent: Parent, depth: int, *, aliased: bool = False) -> str:
        """A selection set; `aliased` gives every field a key of its own, as it needs beside fields of other types."""
        leaves = [name for name, each in parent.fields.items() if is_leaf_type(get_named_type(each.type))]
        objects = [name for name in parent.fields if name not in leaves]
        if parent is CORE.query_type:
            # The others have resolvers of their own.
            objects = [name for name in objects if name in COMPILER.model.entries]
        chosen = self.draw(st.lists(st.sampled_from(["__typename", *leaves]), max_size=4)) if leaves else []
        if objects and depth > 0:
            most = 3 if parent is CORE.query_type else 2
            chosen += self.draw(st.lists(st.sampled_from(objects), min_size=1, max_size=most, unique=True))
        if not chosen:
            chosen = ["__typename"]
        chosen = self.draw(st.permutations(chosen))
        parts = [self.field(parent, name, depth, aliased=aliased) for name in chosen]
        likely = 1 if is_interface_type(parent) and depth >= 0 else 5
        for wanted in (likely, likely + 1, 8):
            if self.within < 3 and depth > -2 and self.one_in(wanted):
                at = self.draw(st.integers(0, len(parts)))
                parts.insert(at, self.fragment(parent, depth - 1, aliased=aliased))
        return "{ " + " ".join(parts) + " }"

    def field(self, parent: Parent, name: str, depth: int, *, aliased: bool) -> str:
        if name == "__typename":
            alias = f"{self.name('t')}: " if self.one_in(3) else ""
            return f"{alias}__typename{self.directives()}"
        definition = parent.fields[name]
        shown = get_named_type(definition.type)
        composite = is_object_type(shown) or is_interface_type(shown)
        # An object always has a key of its own: fields under one key must not ask with different arguments.
        aliased = aliased or composite or self.one_in(4)
        alias = f"{self.name('a')}: " if aliased else ""
        arguments = self.arguments(definition)
        inner = " " + self.selection(shown, depth - 1) if composite else ""
        return f"{alias}{name}{arguments}{self.directives()}{inner}"

    def fragment(self, parent: Parent, depth: int, *, aliased: bool) -> str:
        """A fragment, inline or named, on a type that a node of `parent` can be or that it implements."""
        condition = self.draw(st.sampled_from(_overlapping(parent)))
        wanted = CORE.type_map[condition]
        assert isinstance(wanted, GraphQLObjectType | GraphQLInterfaceType)
        self.within += 1
        inner = self.selection(wanted, min(depth, 1), aliased=aliased or condition != parent.name)
        self.within -= 1
        if self.one_in(2):
            said = f" on {condition}" if condition != parent.name or self.one_in(2) else ""
            return f"...{said}{self.directives()} {inner}"
        name = self.name("F")
        self.fragments.append(f"fragment {name} on {condition} {inner}")
        again = f" ...{name}" if self.one_in(4) else ""
        return f"...{name}{self.directives()}{again}"


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """A random valid query."""
    writer = _Writer(draw)
    root = CORE.query_type
    assert root is not None
    body = writer.selection(root, DEPTH)
    head = f"query Generated({', '.join(writer.definitions)})" if writer.definitions else "query Generated"
    return Operation("\n".join([f"{head} {body}", *writer.fragments]), writer.variables)
