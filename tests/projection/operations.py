"""Random valid operations over the schema: deep, aliased, fragmented, paged, with directives and variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLEnumType, GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type, is_object_type
from hypothesis import strategies as st

from tests.projection.reads import SCHEMA

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
DEPTH = 4
OWN_RESOLVERS = frozenset({"graph", "status"})


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

    def one_in(self, count: int) -> bool:
        return self.draw(st.integers(1, count)) == 1

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

    def arguments(self, definition: GraphQLField, parent: GraphQLObjectType, name: str) -> str:
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
            elif argument == "filter":
                if self.one_in(2):
                    given.append('filter: {type: "service.", level: DEBUG}')
            elif isinstance(kind, GraphQLEnumType):
                if self.one_in(4):
                    given.append(f"{argument}: {self.draw(st.sampled_from(sorted(kind.values)))}")
            elif self.one_in(4):
                given.append(f'{argument}: "{self.draw(st.sampled_from(IDS))}"')
        return f"({', '.join(given)})" if given else ""

    def selection(self, parent: GraphQLObjectType, depth: int) -> str:
        leaves = [name for name, each in parent.fields.items() if is_leaf_type(get_named_type(each.type))]
        objects = [name for name in parent.fields if name not in leaves and name not in OWN_RESOLVERS]
        chosen = self.draw(st.lists(st.sampled_from(["__typename", *leaves]), max_size=4)) if leaves else []
        if objects and depth > 0:
            most = 3 if parent is CORE.query_type else 2
            chosen += self.draw(st.lists(st.sampled_from(objects), min_size=1, max_size=most, unique=True))
        if not chosen:
            chosen = ["__typename"]
        chosen = self.draw(st.permutations(chosen))
        parts = [self.field(parent, name, depth) for name in chosen]
        if self.one_in(5):
            parts.append(self.fragment(parent, depth))
        if self.one_in(8):
            parts.append(self.fragment(parent, depth - 1))
        return "{ " + " ".join(parts) + " }"

    def field(self, parent: GraphQLObjectType, name: str, depth: int) -> str:
        if name == "__typename":
            alias = f"{self.name('t')}: " if self.one_in(3) else ""
            return f"{alias}__typename{self.directives()}"
        definition = parent.fields[name]
        shown = get_named_type(definition.type)
        # An object always has a key of its own: fields under one key must not ask with different arguments.
        aliased = is_object_type(shown) or self.one_in(4)
        alias = f"{self.name('a')}: " if aliased else ""
        arguments = self.arguments(definition, parent, name)
        inner = " " + self.selection(shown, depth - 1) if is_object_type(shown) else ""
        return f"{alias}{name}{arguments}{self.directives()}{inner}"

    def fragment(self, parent: GraphQLObjectType, depth: int) -> str:
        inner = self.selection(parent, min(depth, 1))
        if self.one_in(2):
            condition = f" on {parent.name}" if self.one_in(2) else ""
            return f"...{condition}{self.directives()} {inner}"
        name = self.name("F")
        self.fragments.append(f"fragment {name} on {parent.name} {inner}")
        return f"...{name}{self.directives()}"


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """A random valid query."""
    writer = _Writer(draw)
    root = CORE.query_type
    assert root is not None
    body = writer.selection(root, DEPTH)
    head = f"query Generated({', '.join(writer.definitions)})" if writer.definitions else "query Generated"
    return Operation("\n".join([f"{head} {body}", *writer.fragments]), writer.variables)
