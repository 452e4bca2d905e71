"""What a query answers: one statement, selection order, nulls and errors where the specification puts them."""

from __future__ import annotations

import orjson
import pytest
from structlog.testing import capture_logs

from app.graph_observer import counting
from app.projection.compiler import Compiler
from app.projection.selection import NotProjectable
from app.projection.shaper import Irregular
from tests.projection.reads import COMPILER, SCHEMA, Reads, compiled, request_of

NESTED = """query N($first: Int) {
  services(where: {application: {id: {eq: "whole/app"}}}, first: $first) {
    nodes { id application { id project { id } } dependencies { nodes { id dependents { totalCount nodes { id } } } } }
  }
}"""


@pytest.mark.parametrize("parents", [1, 10])
async def test_a_query_is_one_statement(reads: Reads, parents: int) -> None:
    # given a query four levels deep, of one parent and of ten
    variables = {"first": parents}
    # when it is answered both ways
    with counting() as fast:
        answered = orjson.loads(await reads.fast(NESTED, variables))
    with counting() as slow:
        await reads.slow(NESTED, variables)
    # then each took one statement
    assert len(answered["data"]["services"]["nodes"]) == parents
    assert fast == ["projection/services"]
    assert slow == ["projection/services"]


async def test_several_root_fields_are_one_statement(reads: Reads) -> None:
    # given a query with three root fields
    query = '{ me { id } project(id: "whole") { name } all: teams { totalCount } }'
    # when it is answered
    with counting() as ran:
        answered = await reads.fast(query)
    # then they came in one statement
    assert (
        answered == b'{"errors":[],"data":{"me":{"id":"user:admin"},"project":{"name":"whole"},"all":{"totalCount":1}}}'
    )
    assert ran == ["projection/several"]


async def test_the_order_of_the_document_is_kept(reads: Reads) -> None:
    # given a query whose fields are in an order of their own, some twice, some from fragments
    query = """{ project(id: "whole") { version ...Later name __typename version } }
    fragment Later on Project { id description version }"""
    # when it is answered both ways
    answered = await reads.fast(query)
    # then the bytes are in that order, and each key is there once
    shown = b'{"version":7,"id":"whole","description":null,"name":"whole","__typename":"Project"}'
    assert answered == b'{"errors":[],"data":{"project":' + shown + b"}}"
    assert answered == await reads.slow(query)


async def test_selections_of_one_key_are_merged(reads: Reads) -> None:
    # given one field selected three times, with different fields below, one of them skipped
    query = """query M($no: Boolean!) {
      project(id: "whole") { id }
      project(id: "whole") { applications { nodes { id } } }
      ... on Query { project(id: "whole") { applications { nodes { name description @include(if: $no) } } } }
    }"""
    # when it is answered both ways
    answer = await reads.both(query, {"no": False})
    # then what is below is one
    nodes = [{"id": "whole/app", "name": "app"}]
    assert answer["data"] == {"project": {"id": "whole", "applications": {"nodes": nodes}}}


async def test_an_unknown_id_is_null_and_an_error(reads: Reads) -> None:
    # given ids that are not there, or are another type's
    query = '{ here: project(id: "whole") { id } gone: project(id: "nope") { id } other: service(id: "whole") { id } }'
    # when they are asked for both ways
    answer = await reads.both(query)
    # then each is null, with an error at its path
    assert answer["data"] == {"here": {"id": "whole"}, "gone": None, "other": None}
    assert answer["errors"] == [
        {
            "message": "there is no Project 'nope'",
            "locations": [{"line": 1, "column": query.index("gone") + 1}],
            "path": ["gone"],
            "extensions": {"code": "NOT_FOUND", "field": "id"},
        },
        {
            "message": "there is no Service 'whole'",
            "locations": [{"line": 1, "column": query.index("other") + 1}],
            "path": ["other"],
            "extensions": {"code": "NOT_FOUND", "field": "id"},
        },
    ]


@pytest.mark.parametrize(
    ("query", "data", "path"),
    [
        # The nearest field above that may be null is the project itself.
        ('{ project(id: "holes") { id name } }', {"project": None}, ["project", "name"]),
        # A list of nodes may not hold a null, nor may a connection be null: it goes up to the application.
        (
            '{ application(id: "whole/app") { services { nodes { createdAt } } } }',
            {"application": None},
            ["application", "services", "nodes", 4, "createdAt"],
        ),
        # An edge that must lead somewhere.
        ('{ application(id: "whole/orphan") { project { id } } }', {"application": None}, ["application", "project"]),
        # Nothing above may be null: no data at all.
        (
            '{ services(where: {application: {id: {eq: "whole/app"}}}) { nodes { createdAt } } }',
            None,
            ["services", "nodes", 4, "createdAt"],
        ),
    ],
)
async def test_a_null_goes_up_to_what_may_be_null(
    reads: Reads, query: str, data: object, path: list[str | int]
) -> None:
    # given a graph that lacks what the schema promises
    # when that is asked for
    with pytest.raises(Irregular):
        await reads.fast(query)
    with capture_logs():
        answer = orjson.loads(await reads.slow(query))
    # then GraphQL's own execution says where
    assert answer["data"] == data
    assert [error["path"] for error in answer["errors"]] == [path]
    assert answer["errors"][0]["message"].startswith("Cannot return null for non-nullable field")


@pytest.mark.parametrize(
    ("field", "service", "said"),
    [
        ("version", "whole/app/s03", "Int cannot represent non-integer value: 'three'"),
        ("version", "whole/app/s04", "Int cannot represent non 32-bit signed integer value: 3000000000"),
        ("dependencies { edges { kind } }", "whole/app/s03", "Enum 'DependencyKind' cannot represent value: 'odd'"),
    ],
)
async def test_a_value_that_does_not_fit_is_an_error(reads: Reads, field: str, service: str, said: str) -> None:
    # given a value that its type does not have
    query = f'{{ service(id: "{service}") {{ {field} }} }}'
    # when it is asked for
    with pytest.raises(Irregular):
        await reads.fast(query)
    with capture_logs():
        answer = orjson.loads(await reads.slow(query))
    # then it is an error, not a wrong value
    assert answer["data"] == {"service": None}
    assert [error["message"] for error in answer["errors"]] == [said]


@pytest.mark.parametrize(
    "query",
    ["{ __schema { queryType { name } } }", "{ graph { truncated } }", "{ me { id } status { nodes { service } } }"],
)
def test_what_the_graph_does_not_hold_is_left_to_execution(query: str) -> None:
    # given a query for something that has a resolver of its own
    # when it is compiled, twice
    for _ in range(2):
        # then it is said that it cannot be
        with pytest.raises(NotProjectable):
            compiled(query)


def test_plans_are_kept_by_what_changes_the_statement() -> None:
    # given a compiler, and a query with variables in a directive and in arguments
    compiler = Compiler(COMPILER.model, SCHEMA._schema, plans=3)
    query = """query K(
      $deep: Boolean!, $first: Int, $where: ServiceFilter, $order: SortDirection = ASC, $filter: EventFilter
    ) {
      services(first: $first, where: $where, orderBy: [{name: $order}]) { nodes { id name @include(if: $deep) } }
      events(filter: $filter) { totalCount }
    }"""

    def plan(**variables: object) -> object:
        return compiler.operation(request_of(query, {"deep": True, **variables}))

    # when only values change
    # then the same plan is used
    assert plan(first=1) is plan(first=2)
    assert plan(where={"name": {"eq": "a"}}) is plan(where={"name": {"eq": "b"}})
    assert plan(where={"name": {"in": ["c"]}}) is plan(where={"name": {"in": ["a", "b"]}})
    assert plan(where={"or": [{"id": {"eq": "a"}}]}) is plan(where={"or": [{"id": {"eq": "b"}}]})
    # when a directive's value changes, or an argument or a part of one is there or not, then another one is
    assert plan(first=1) is not plan(first=1, deep=False)
    assert plan(where={"name": {"eq": "a"}}) is not plan()
    assert plan(where={"name": {"eq": "a"}}) is not plan(where={"name": {"startsWith": "a"}})
    assert plan(where={"or": [{"id": {"eq": "a"}}]}) is not plan(where={"or": [{"id": {"eq": "a"}}] * 2})
    assert plan(order="ASC") is not plan(order="DESC")
    assert plan(filter={"text": "x"}) is not plan(filter={"type": "x"})
    # and there are never more than were asked for
    assert compiler.kept == 3


async def test_aliases_do_not_mix(reads: Reads) -> None:
    # given one edge under two keys, with different pages and the same keys below
    query = """{ service(id: "whole/app/s02") {
      one: dependencies(first: 1) { nodes { x: id } }
      two: dependents(first: 1) { nodes { x: name } }
      id: name
    } }"""
    # when it is answered both ways
    answer = await reads.both(query)
    # then each has its own
    assert answer["data"] == {
        "service": {"one": {"nodes": [{"x": "whole/app/s03"}]}, "two": {"nodes": [{"x": "s1"}]}, "id": "s2"}
    }
