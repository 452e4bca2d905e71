"""What is declared is in the graph, is described, and is refused where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType
from neo4j import Driver, Query
from strawberry import ID
from strawberry.types.base import StrawberryObjectDefinition

from app.migrations import known
from app.projection.model import Hop, Leaf, ToMany
from graph_schema.declaration import Many, One, declaration_of, incoming, many, node, one, outgoing
from graph_schema.environments import Stage
from graph_schema.export import SCHEMA as WRITTEN
from graph_schema.export import text
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
    if not isinstance(edge, Leaf)
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
    assert [each for each in made if f"(n:{label}) REQUIRE (n.tenant, n.id) IS UNIQUE" in each]


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
    assert edge.on_delete == "restrict"
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


def test_edges_say_what_becomes_of_their_other_end() -> None:
    # given all edges that are declared with a rule of their own
    rules = {}
    for name in MODEL.types:
        definition = SCHEMA.schema_converter.type_map[name].definition
        assert isinstance(definition, StrawberryObjectDefinition)
        declaration = declaration_of(definition.origin)
        assert declaration is not None
        for field, edge in declaration.fields.items():
            if isinstance(edge, One | Many) and edge.on_delete != "detach":
                rules[f"{name}.{field}"] = edge.on_delete.value
    # then they are these
    assert rules == {
        "Application.deployments": "restrict",
        "Application.services": "cascade",
        "Environment.deployments": "restrict",
        "Plan.steps": "cascade",
        "Project.applications": "restrict",
        "Project.environments": "restrict",
        "Run.steps": "cascade",
        "Service.dependents": "restrict",
        "Service.versions": "cascade",
        "Team.projects": "restrict",
    }
