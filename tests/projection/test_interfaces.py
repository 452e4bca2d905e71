"""Interfaces and unions: each node is read as what it is, in one statement, as GraphQL's own execution would."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated, TypeAlias

import orjson
import pytest
import strawberry
from strawberry import ID
from structlog.testing import capture_logs

from app.graph_observer import counting
from app.projection.compiler import Compiler
from app.projection.model import AbstractType, NodeType
from app.projection.reading import answer
from app.projection.shaper import Irregular
from graph_schema.context import Context
from graph_schema.declaration import node, one, outgoing, stored
from graph_schema.entries import by_id, query
from graph_schema.projected import compiler_of
from graph_schema.schema import build_schema
from graph_schema.search import NodeKind
from tests.guards.execution_plans import read
from tests.guards.patterns import outside
from tests.projection.reads import COMPILER, SCHEMA, Reads, compiled, request_of

MODEL = COMPILER.model


def test_a_type_implements_what_it_has_the_fields_of() -> None:
    # given the interfaces of the schema
    members = {name: set(each.members) for name, each in MODEL.abstract.items()}
    # when their types are read
    # then they are those that have all the fields, of what people can name
    described = {"Application", "Environment", "Policy", "Project", "Service", "Template"}
    assert members["Described"] == described
    own = {"Freeze", "Provider", "Schedule", "ServiceVersion", "Team", "TemplateVersion", "User"}
    assert members["Named"] == described | own
    assert members["Node"] == members["Named"] | {"Deployment", "Plan", "Run"}
    # and a search can be narrowed to each
    assert {MODEL.types[name].label for name in MODEL.abstract["Node"].members} == {kind.value for kind in NodeKind}


@pytest.mark.parametrize(
    ("id_", "shown"),
    [
        ("team:platform", {"__typename": "Team", "id": "team:platform", "name": "platform-own"}),
        ("shop", {"__typename": "Project", "id": "shop", "name": "shop-own", "description": "text-own"}),
        (
            "shop/boutique/cart",
            {
                "__typename": "Service",
                "id": "shop/boutique/cart",
                "name": "cart-own",
                "description": "text-own",
                "application": {"id": "shop/boutique"},
            },
        ),
        (
            "shop/boutique/cart@staging",
            {
                "__typename": "Deployment",
                "id": "shop/boutique/cart@staging",
                "of": {"name": "boutique-own"},
                "status": "SUCCEEDED",
            },
        ),
        ("run-1", {"__typename": "Run", "id": "run-1", "state": "RUNNING"}),
    ],
)
async def test_any_node_is_found_by_its_id(reads: Reads, id_: str, shown: dict[str, object]) -> None:
    # given fragments on an interface, on another within it, and on types that have fields of one name with another type
    text = """query A($id: ID!) { node(id: $id) {
      __typename
      ... on Node { id ... on Named { name ...What } }
      ... on Service { application { id } }
      ... on Deployment { of: application { name } status }
      ... on Run { state }
    } }
    fragment What on Described { description }"""
    # when a node of any type is asked for
    with counting() as ran:
        answered = orjson.loads(await reads.fast(text, {"id": id_}))
    # then it shows what is selected of its type, in that order, from one statement, whichever way it is answered
    assert answered == {"errors": [], "data": {"node": shown}}
    assert list(answered["data"]["node"]) == list(shown)
    assert ran == ["projection/node"]
    assert orjson.loads(await reads.slow(text, {"id": id_})) == answered


@pytest.mark.parametrize("id_", ["nope", "step-1", "event-1", ""])
async def test_what_nobody_can_name_is_no_node(reads: Reads, id_: str) -> None:
    # given ids that are not there, or are of what has no name of its own
    # when they are asked for
    answered = await reads.both("query A($id: ID!) { node(id: $id) { id } }", {"id": id_})
    # then that is said as of any other root field
    assert answered["data"] == {"node": None}
    errors = answered["errors"]
    assert isinstance(errors, list)
    [error] = errors
    assert error["message"] == f"there is no Node {id_!r}"
    assert error["path"] == ["node"]
    assert error["extensions"] == {"code": "NOT_FOUND", "field": "id"}


async def test_a_node_is_sought_in_the_key_of_all(reads: Reads) -> None:
    # given a query for any node, and what hangs on it
    text = """{ node(id: "x") {
      id ... on Service { dependencies { nodes { id } } } ... on Team { projects { nodes { id } } } } }"""
    parameters = {**compiled(text).parameters(request_of(text).variables), "tenant": "x", "actor": "x"}
    # when the server explains it
    explained = await reads.graph.explain(compiled(text).text, parameters)
    # then it enters the graph once, by the key of everything that can be named
    entered = [each for each in read(explained.plan).walk() if "Index" in each.kind or "Scan" in each.kind]
    assert [each.kind for each in entered] == ["NodeUniqueIndexSeek"]
    assert "UNIQUE n1:Entity(tenant, id)" in entered[0].details


async def test_an_edge_leads_to_whatever_is_there(reads: Reads) -> None:
    # given an event about a service, and a plan that was computed from it
    text = """{
      event(id: "event-1") { subject about { __typename ... on Described { name } ... on Service { kind } } }
      plan(id: "plan-1") { reads { totalCount edges { version node { version ... on Service { name } } } } }
    }"""
    # when both are asked for
    answered = await reads.both(text)
    # then the service is shown by both, and what the edge says is the edge's
    assert answered == {
        "errors": [],
        "data": {
            "event": {
                "subject": "shop/boutique/cart",
                "about": {"__typename": "Service", "name": "cart-own", "kind": "Workload"},
            },
            "plan": {"reads": {"totalCount": 1, "edges": [{"version": 0, "node": {"version": 1, "name": "cart-own"}}]}},
        },
    }


async def test_fields_are_merged_as_the_type_has_them(reads: Reads) -> None:
    # given one key selected on an interface, on types, in fragments that are spread twice, some skipped
    text = """query M($no: Boolean! = false, $yes: Boolean! = true) {
      a: node(id: "whole/app") {
        ...One
        ... on Application @include(if: $yes) { page: services(first: 1) { totalCount } }
        ...One
      }
      b: node(id: "whole") { ...One ... on Application { page: services(first: 1) { totalCount } } t: __typename }
    }
    fragment One on Node {
      version
      ... on Application { page: services(first: 1) { nodes { id } } x: name }
      ... on Project { page: applications(first: 1) { nodes { name } } x: name @skip(if: $yes) }
      ... on Project @include(if: $no) { gone: name }
      t: __typename
    }"""
    # when it is answered both ways
    answered = await reads.both(text)
    # then each node has what its own type selects
    assert answered["data"] == {
        "a": {
            "version": 1,
            "page": {"nodes": [{"id": "whole/app/s01"}], "totalCount": 25},
            "x": "app",
            "t": "Application",
        },
        "b": {"version": 7, "page": {"nodes": [{"name": "app"}]}, "t": "Project"},
    }


@pytest.mark.parametrize(
    ("text", "data", "path"),
    [
        # The nearest field above that may be null is the node itself, also where an interface selects the name.
        ('{ node(id: "holes") { id ... on Named { name } } }', {"node": None}, ["node", "name"]),
        (
            '{ node(id: "whole/app") { ... on Application { services { nodes { createdAt } } } } }',
            {"node": None},
            ["node", "services", "nodes", 4, "createdAt"],
        ),
        ('{ node(id: "whole/orphan") { ... on Application { project { id } } } }', {"node": None}, ["node", "project"]),
        # A hit may not be null, and nothing above it.
        ('{ search(text: "s05") { nodes { createdAt } } }', None, ["search", "nodes", 0, "createdAt"]),
    ],
)
async def test_a_null_goes_up_to_what_may_be_null(reads: Reads, text: str, data: object, path: list[object]) -> None:
    # given a graph that lacks what the schema promises
    # when that is asked for through an interface
    with pytest.raises(Irregular):
        await reads.fast(text)
    with capture_logs():
        answered = orjson.loads(await reads.slow(text))
    # then GraphQL's own execution says where
    assert answered["data"] == data
    assert [error["path"] for error in answered["errors"]] == [path]


async def test_each_type_has_its_own_rule_of_who_may_see_it(reads: Reads) -> None:
    # given a rule that hides services, another for projects, and none for anything else
    def guard(type_: NodeType, variable: str) -> str:
        return {"Service": "false", "Project": f"{variable}.version > 0"}.get(type_.name, "")

    compiler = Compiler(MODEL, SCHEMA._schema, guard=guard)
    text = """{
      node(id: "shop/boutique/cart") { id }
      project: node(id: "shop") { id }
      team: node(id: "team:platform") { id }
      event(id: "event-1") { about { id } }
      plan(id: "plan-1") { reads { totalCount nodes { id } } }
      search(text: "shop boutique", kinds: [SERVICE, APPLICATION]) { totalCount nodes { id } }
    }"""
    # when all of them are asked for by ways that do not say the type
    answered = await answer(reads.graph, compiler, request_of(text), reads.actor)
    # then what is hidden is not there, and not counted
    assert answered.data == {
        "node": None,
        "project": {"id": "shop"},
        "team": {"id": "team:platform"},
        "event": {"about": None},
        "plan": {"reads": {"totalCount": 0, "nodes": []}},
        "search": {"totalCount": 1, "nodes": [{"id": "shop/boutique"}]},
    }
    assert [error.path for error in answered.errors] == [["node"]]
    assert outside(compiler.operation(request_of(text)).text) == []


@node("Service")
class Process:
    """Something that runs."""

    id = stored(ID, "Its id.")
    kind = stored(str, "What it is.")


@node("Plan")
class Intent:
    """Something that is to happen."""

    id = stored(ID, "Its id.")
    waves = stored(int, "How many waves.")
    of = one("Project", outgoing("FOR"), "What it is for.", optional=True)


@node("Application")
class Project:
    """What it is for."""

    id = stored(ID, "Its id.")


Subject: TypeAlias = Annotated[Process | Intent, strawberry.union("Subject", description="What a thing is about.")]


@node("Event", entity=False)
class Note:
    """A record of one of them."""

    id = stored(ID, "Its id.")
    about = one("Subject", outgoing("ABOUT"), "What it is about.", optional=True)


@query
class Notes:
    """What can be asked of notes."""

    note = by_id("Note", "One note.")


UNIONS = build_schema(query=Notes, mutation=None, subscription=None, types=())


async def test_a_union_is_read_as_what_it_is(reads: Reads) -> None:
    # given an edge to a union of two declared types, which have no label of their own in common
    text = """{ note(id: "event-1") { about {
      t: __typename ... on Process { id kind } ... on Intent { id waves of { id } } } } }"""
    compiler = compiler_of(UNIONS._schema)
    assert compiler.model.abstract["Subject"] == AbstractType("Subject", "Service|Plan", ("Process", "Intent"))
    # when it is asked for both ways
    fast = await answer(reads.graph, compiler, request_of(text, schema=UNIONS), reads.actor)
    context = Context(SimpleNamespace(graph=reads.graph), reads.actor, "r")  # type: ignore[arg-type]
    slow = await UNIONS.execute(text, context_value=context)
    # then both read it as the type that its label says
    assert fast.data == {"note": {"about": {"t": "Process", "id": "shop/boutique/cart", "kind": "Workload"}}}
    assert slow.errors is None
    assert orjson.dumps(slow.data) == orjson.dumps(fast.data)
