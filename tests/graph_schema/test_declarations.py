"""What is declared is in the graph, is described, and is refused where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType
from neo4j import Driver, Query
from strawberry import ID

from app.migrations import key_constraint, known
from app.projection.model import Hop, Leaf, ToMany, ToOne
from graph_schema.declaration import Many, Rule, declaration_of, incoming, many, node, one, outgoing
from graph_schema.environments import Stage
from graph_schema.export import PAGES, text, written_pages
from graph_schema.export import SCHEMA as WRITTEN
from graph_schema.kinds import kinds_in
from graph_schema.model import model_of
from graph_schema.plans import Plan
from graph_schema.projects import Project
from graph_schema.queries import Query as Root
from graph_schema.services import Service
from graph_schema.stored import DeclarationInvalid, described, stored
from tests.projection.reads import COMPILER, SCHEMA
from tests.projection.seeds import Seeded

MODEL = COMPILER.model
CORE = SCHEMA._schema
LABELS = sorted(each.label for each in MODEL.types.values())
LEAVES = sorted(
    (each.label, leaf.property)
    for each in MODEL.types.values()
    for leaf in each.fields.values()
    if isinstance(leaf, Leaf)
)
EDGES = [
    pytest.param(
        each.label, edge.hops, edge.properties if isinstance(edge, ToMany) else {}, id=f"{each.name}.{edge.name}"
    )
    for each in MODEL.types.values()
    for edge in each.fields.values()
    if isinstance(edge, ToOne | ToMany)
]


def ask(store: Driver, text: str, tenant: str) -> list[list[object]]:
    """The rows of a reading statement."""
    with store.session() as session:
        return [record.values() for record in session.run(Query(text), tenant=tenant)]


def test_the_written_schema_is_current() -> None:
    # given the schema as it is written down
    # when it is made anew
    # then it is the same; if not: python -m graph_schema.export
    assert WRITTEN.read_text(encoding="utf-8") == text()


def test_the_written_pages_are_current() -> None:
    # given the pages of the types as they are written down
    written = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    # when they are made anew
    # then they are the same; if not: python -m graph_schema.export
    assert written == written_pages()


def test_everything_in_the_schema_is_described() -> None:
    # given every type of ours
    missing = []
    for name, each in CORE.type_map.items():
        if name.startswith("__") or name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        # when its description is looked for, and those of its fields, arguments and values
        if not each.description:
            missing.append(name)
        if isinstance(each, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            missing += [f"{name}.{own}" for own, field in each.fields.items() if not field.description]
        if isinstance(each, GraphQLObjectType | GraphQLInterfaceType):
            for own, field in each.fields.items():
                missing += [f"{name}.{own}({key})" for key, value in field.args.items() if not value.description]
        if isinstance(each, GraphQLEnumType):
            missing += [f"{name}.{key}" for key, value in each.values.items() if not value.description]
    # then nothing is without one
    assert missing == []


@pytest.mark.parametrize("label", LABELS)
def test_every_declared_label_has_a_key(label: str) -> None:
    # given a declared label
    # when the migrations are read
    made = [text for migration in known() for text in migration.up]
    # then one of them makes id unique in a tenant
    assert [each for each in made if each == key_constraint(label)] == [key_constraint(label)]


@pytest.mark.parametrize(("label", "name"), LEAVES)
def test_every_declared_property_is_stored(store: Driver, seeded: Seeded, label: str, name: str) -> None:
    # given a tenant with one of each kind of node
    # when a declared property is looked for
    found = ask(store, f"MATCH (n:{label} {{tenant: $tenant}}) RETURN count(n.{name})", seeded.own)
    # then a node has it
    assert found != [[0]]


@pytest.mark.parametrize(("label", "hops", "properties"), EDGES)
def test_every_declared_edge_is_stored(
    store: Driver, seeded: Seeded, label: str, hops: tuple[Hop, ...], properties: dict[str, Leaf]
) -> None:
    # given a tenant with one of each kind of edge
    pattern = f"(:{label} {{tenant: $tenant}})"
    for index, hop in enumerate(hops):
        left, right = ("-", "->") if hop.direction == "out" else ("<-", "-")
        pattern += f"{left}[r{index}:{hop.type}]{right}(:{hop.label} {{tenant: $tenant}})"
    # when a declared edge is looked for
    counted = ", ".join(["count(*)", *(f"count(r0.{each.property})" for each in properties.values())])
    found = ask(store, f"MATCH {pattern} RETURN {counted}", seeded.own)
    # then it is there, with its properties
    assert 0 not in found[0]


def test_a_declaration_is_type_projection_and_rules_at_once() -> None:
    # given the declaration of a service
    declaration = declaration_of(Service)
    assert declaration is not None
    # when its edge to what depends on it is read
    edge = declaration.fields["dependents"]
    # then graph, GraphQL and the rule for deleting come from it
    assert isinstance(edge, Many)
    assert edge.on_delete == "confirm"
    projected = MODEL.types["Service"].fields["dependents"]
    assert isinstance(projected, ToMany)
    assert [(hop.type, hop.direction, hop.label) for hop in projected.hops] == [("DEPENDS_ON", "in", "Service")]
    shown = CORE.type_map["Service"]
    assert isinstance(shown, GraphQLObjectType)
    assert str(shown.fields["dependents"].type) == "ServiceDependencyConnection!"
    assert shown.fields["dependents"].description == edge.description
    assert shown.description == "A process that is part of an application."


class Colour(StrEnum):
    """An enum that nobody described."""

    RED = "red"
    BLUE = "blue"


def _without_key() -> None:
    @node("Thing")
    class Thing:
        """A thing."""

        name = stored(str, "Its name.")


def _without_docstring() -> None:
    @node("Thing")
    class Thing:
        id = stored(ID, "Its id.")


def _annotated() -> None:
    @node("Thing")
    class Thing:
        """A thing."""

        id = stored(ID, "Its id.")
        name: str


def _lower_label() -> None:
    @node("thing")
    class Thing:
        """A thing."""

        id = stored(ID, "Its id.")


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (
            lambda: stored(list, "x"),
            "<class 'list'> cannot be stored: use str, ID, int, float, bool, datetime, JSON or an enum",
        ),
        (lambda: stored(str, " "), "a stored property needs a description: say what it tells the caller"),
        (lambda: stored(str, "x", property_="createdAt"), "'createdAt' is no property name: write it in snake_case"),
        (lambda: stored(Colour, "x"), f"{Colour!r} is no GraphQL enum yet: pass it through described(…) first"),
        (
            lambda: described(Stage, "Stages.", {}),
            "Stage is described already: import it from the module that does",
        ),
        (
            lambda: described(Colour, "Colours.", {Colour.RED: "Like fire."}),
            "Colour: say what BLUE means, in the third argument",
        ),
        (lambda: outgoing("has"), "'has' is no relationship type: write a verb in UPPER_SNAKE, such as HAS_SERVICE"),
        (
            lambda: one("a.b.C", incoming("HAS"), "x"),
            "'a.b.C' names no type: write module.Class, or Class within the same module",
        ),
        (lambda: one("C", (), "x"), "the edge to C has no path: write outgoing('TYPE') or incoming('TYPE')"),
        (
            lambda: one("C", (outgoing("HAS"), outgoing("OF")), "x"),
            "the path to C goes on after HAS: say the label it reaches there",
        ),
        (lambda: one("C", outgoing("HAS"), ""), "the edge to C needs a description: say what it tells the caller"),
        (
            lambda: many("C", outgoing("HAS"), "x", properties={"kind": stored(str, "k")}),
            "the edge to C has properties: give its connection a name of its own, name=…",
        ),
        (
            lambda: many("C", outgoing("HAS"), "x", order=()),
            "the edge to C needs an order that ends in a unique key, such as Order('id')",
        ),
        (_without_key, 'Thing has no key: declare id = stored(ID, "…")'),
        (_without_docstring, "Thing needs a docstring: it is the type's description"),
        (_annotated, "Thing: declare fields as name = stored(…), one(…), many(…), not by annotation"),
        (_lower_label, "Thing: 'thing' is no label: write it in CamelCase, such as Service"),
    ],
)
def test_a_wrong_declaration_says_what_to_write(declare: Callable[[], object], said: str) -> None:
    # given a declaration that is wrong
    # when it is made
    with pytest.raises(DeclarationInvalid) as refused:
        declare()
    # then it is refused, with what to write instead
    assert str(refused.value) == said


@node("Lost")
class Lost:
    """A node with an edge to nowhere."""

    id = stored(ID, "Its id.")
    found_at = stored(datetime, "When it was found.")
    nowhere = one("Nowhere", outgoing("LEADS_TO"), "Where it leads.")


@node("Astray")
class Astray:
    """A node with an edge to something that is not declared."""

    id = stored(ID, "Its id.")
    colour = one("Colour", outgoing("LEADS_TO"), "Where it leads.")


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        (
            Lost,
            "Lost.nowhere: there is no Nowhere; write module.Class as it stands beside "
            "tests.graph_schema.test_declarations",
        ),
        (Astray, "Astray.colour: Colour is not declared; give it @node(…)"),
    ],
)
def test_an_edge_to_nowhere_is_refused(type_: type, said: str) -> None:
    # given a type with an edge to what is not there
    # when the model is made
    with pytest.raises(DeclarationInvalid) as refused:
        model_of([Plan, Project, type_], Root)
    # then it is refused by name
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("label", "rule", "types"),
    [
        ("Application", Rule.CASCADE, [("HAS_SERVICE",), ("HAS_SCHEDULE",)]),
        ("Application", Rule.RESTRICT, [("HAS_SERVICE", "OF")]),
        ("Environment", Rule.RESTRICT, [("IN",), ("DEPLOYS_TO",)]),
        ("Environment", Rule.CONFIRM, [("PROMOTES_TO",)]),
        ("Project", Rule.CASCADE, []),
        ("Project", Rule.RESTRICT, [("CONTAINS",), ("HAS_ENVIRONMENT",)]),
        ("Service", Rule.RESTRICT, []),
        ("Service", Rule.CONFIRM, [("DEPENDS_ON",)]),
        ("ServiceVersion", Rule.RESTRICT, []),
        ("ServiceVersion", Rule.CONFIRM, [("DESIRES",)]),
    ],
)
def test_what_deleting_means_follows_from_the_edges(label: str, rule: Rule, types: list[tuple[str, ...]]) -> None:
    # given the kinds that the use cases are told of
    kinds = kinds_in(CORE)
    # when one is asked what its deletion means
    found = [tuple(hop.type for hop in each.path) for each in kinds.consequences(label, rule)]
    # then it is what the edges of its declaration say
    assert found == types


def test_ids_of_different_kinds_never_look_alike() -> None:
    # given every kind that is written, and a parent's id as its own key makes it
    kinds = kinds_in(CORE)

    def shape(label: str) -> str:
        kind = kinds.get(label)
        if kind is None:
            return f"<{label}>"
        parent = shape(kind.parent.label)
        return kind.key.replace(f"{{{kind.parent.name}}}", parent)

    # when the ids of all are compared
    shapes = [shape(label) for label in sorted(kinds.labels) if kinds.get(label)]
    # then no two have the same form
    assert len(shapes) == len(set(shapes))
