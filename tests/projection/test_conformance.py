"""What the specification asks of every read, on both ways of answering: variables, merging, `__typename`, nulls."""

from __future__ import annotations

import orjson
import pytest
from graphql import GraphQLError, get_variable_values, parse
from graphql.language import OperationDefinitionNode

from app.projection.shaper import Irregular
from tests.projection.reads import COMPILER, SCHEMA, Reads, request_of

PAGE = 'page: services(where: {id: {startsWith: "whole/app/"}}, first: $first) { nodes { id } }'


async def ids(reads: Reads, query: str, variables: dict[str, object]) -> list[str]:
    """The ids of the page `page`."""
    answered = await reads.both(query, variables)
    assert answered["errors"] == []
    data = answered["data"]
    assert isinstance(data, dict)
    return [each["id"] for each in data["page"]["nodes"]]


@pytest.mark.parametrize(
    ("variables", "number"),
    [({}, 2), ({"first": 3}, 3), ({"first": None}, 20), ({"first": 1}, 1)],
)
async def test_a_default_stands_for_what_is_left_out_and_not_for_null(
    reads: Reads, variables: dict[str, object], number: int
) -> None:
    # given a variable with a default, whose argument has another one
    query = f"query D($first: Int = 2) {{ {PAGE} }}"
    # when it is left out, given, or null
    # then the variable's default holds only where it is left out; a null is no number, which means the usual one
    assert len(await ids(reads, query, variables)) == number


async def test_an_arguments_own_default_holds_where_its_variable_is_left_out(reads: Reads) -> None:
    # given a variable without a default
    query = f"query D($first: Int) {{ {PAGE} }}"
    # when it is left out
    # then the argument has its own
    assert len(await ids(reads, query, {})) == 20


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ({}, 1),
        ({"type": "run."}, 0),
        ({"type": None}, 1),
        ({"type": "service.", "subject": "shop/boutique/cart"}, 1),
        ({"subject": "nothing"}, 0),
        ({"subject": None}, 1),
    ],
)
async def test_variables_within_an_input_object(reads: Reads, variables: dict[str, object], count: int) -> None:
    # given an input object whose fields are variables, one of them with a default
    query = """query V($type: String = "service.", $subject: ID, $level: Level = DEBUG) {
      page: events(filter: {type: $type, subject: $subject, level: $level}) { totalCount nodes { id } }
    }"""
    # when they are given, null or left out
    answered = await reads.both(query, variables)
    # then a field whose variable is left out is as if it were not there
    data = answered["data"]
    assert isinstance(data, dict)
    assert data["page"]["totalCount"] == count


@pytest.mark.parametrize("given", [{"id": None}, {}])
def test_a_null_for_a_non_null_variable_is_refused_before_anything_runs(given: dict[str, object]) -> None:
    # given a variable that must not be null
    [operation] = parse("query N($id: ID!) { project(id: $id) { id } }").definitions
    assert isinstance(operation, OperationDefinitionNode)
    # when it is null or left out
    values = get_variable_values(SCHEMA._schema, operation.variable_definitions or (), given)
    # then the request is refused
    assert isinstance(values, list)
    assert ["'$id' has invalid value: Expected" in error.message for error in values] == [True]


async def test_a_null_for_a_non_null_argument_is_an_error_of_the_field(reads: Reads) -> None:
    # given a variable that may be null, with a default, for an argument that may not
    query = 'query N($id: ID = "whole") { there: me { id } gone: project(id: $id) { id } }'
    # when it is left out
    # then its default holds
    answered = await reads.both(query, {})
    assert answered["data"] == {"there": {"id": "user:admin"}, "gone": {"id": "whole"}}
    # when it is null
    with pytest.raises(Irregular):
        await reads.fast(query, {"id": None})
    answered = orjson.loads(await reads.slow(query, {"id": None}))
    # then that field alone is null, with an error at its path
    assert answered["data"] == {"there": {"id": "user:admin"}, "gone": None}
    assert [error["path"] for error in answered["errors"]] == [["gone"]]


async def test_an_argument_that_is_refused_is_refused_in_any_company(reads: Reads) -> None:
    # given a page that is too long, beside something that the projection cannot answer
    query = '{ __schema { queryType { name } } project(id: "whole") { applications(first: 101) { totalCount } } }'
    # when the request's arguments are checked
    with pytest.raises(GraphQLError, match="first must be between 1 and 100, not 101") as refused:
        COMPILER.check(request_of(query))
    # then it is refused as a whole, as it is on its own
    assert refused.value.extensions == {"code": "INVALID_INPUT", "argument": "first"}
    # and what is in order is not
    COMPILER.check(request_of(query.replace("101", "100")))


async def test_selections_of_one_key_are_merged_at_every_level(reads: Reads) -> None:
    # given a page selected twice under one key, with other things below each time, and fragments spread twice
    query = """{
      application(id: "whole/app") {
        ...Page
        services(first: 2) { edges { node { name } cursor } pageInfo { endCursor } }
      }
      application(id: "whole/app") {
        services(first: 2) { ...More nodes { dependencies { totalCount } } ...More }
        ...Page
      }
    }
    fragment Page on Application { services(first: 2) { edges { node { id } } pageInfo { hasNextPage } } }
    fragment More on ServiceConnection { totalCount nodes { id dependencies { nodes { id } } } }"""
    # when it is answered both ways
    answered = await reads.both(query)
    # then each is there once, in the order in which it was first asked for
    data = answered["data"]
    assert isinstance(data, dict)
    services = data["application"]["services"]
    assert list(services) == ["edges", "pageInfo", "totalCount", "nodes"]
    assert [list(edge) for edge in services["edges"]] == [["node", "cursor"]] * 2
    assert services["edges"][0]["node"] == {"id": "whole/app/s01", "name": "s1"}
    assert list(services["pageInfo"]) == ["hasNextPage", "endCursor"]
    assert services["nodes"][0] == {
        "id": "whole/app/s01",
        "dependencies": {"nodes": [{"id": "whole/app/s02"}], "totalCount": 1},
    }


async def test_every_object_says_its_type(reads: Reads) -> None:
    # given the name of the type at every level, some under another key
    query = """{ __typename t: __typename
      services(where: {application: {id: {eq: "whole/app"}}}, first: 1) { __typename pageInfo { t: __typename }
        edges { __typename node { __typename dependencies { t: __typename edges { __typename } } } }
        nodes { a: __typename b: __typename } }
      search(text: "whole", first: 1) { __typename edges { t: __typename node { t: __typename } } }
    }"""
    # when it is answered both ways
    answered = await reads.both(query)
    # then each object says it
    dependencies = {"t": "ServiceDependencyConnection", "edges": [{"__typename": "ServiceDependencyEdge"}]}
    assert answered["data"] == {
        "__typename": "Query",
        "t": "Query",
        "services": {
            "__typename": "ServiceConnection",
            "pageInfo": {"t": "PageInfo"},
            "edges": [{"__typename": "ServiceEdge", "node": {"__typename": "Service", "dependencies": dependencies}}],
            "nodes": [{"a": "Service", "b": "Service"}],
        },
        "search": {"__typename": "SearchConnection", "edges": [{"t": "SearchEdge", "node": {"t": "Project"}}]},
    }


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("query S($no: Boolean = true) { me @skip(if: $no) { id } }", {}),
        ("query S($no: Boolean = true) { ... @skip(if: $no) { me { id } } __typename }", {"__typename": "Query"}),
        ("{ me @include(if: true) @skip(if: true) { id } me { name } }", {"me": {"name": "admin-own"}}),
        ("{ me { ... @include(if: false) { id } } }", {"me": {}}),
        ("{ me { teams { nodes { id @skip(if: true) } } } }", {"me": {"teams": {"nodes": [{}]}}}),
        ("{ me { teams @skip(if: true) { nodes { id } } } }", {"me": {}}),
        ("{ me { teams { ... @skip(if: true) { nodes { id } } } } }", {"me": {"teams": {}}}),
        ("{ me { teams { edges { ... @skip(if: true) { cursor } } } } }", {"me": {"teams": {"edges": [{}]}}}),
        ("{ me { teams { pageInfo { endCursor @skip(if: true) } } } }", {"me": {"teams": {"pageInfo": {}}}}),
    ],
)
async def test_what_is_skipped_leaves_an_object_without_it(reads: Reads, query: str, data: dict[str, object]) -> None:
    # given a query that skips all it asks for of something
    # when it is answered both ways
    answered = await reads.both(query.replace("Boolean = ", "Boolean! = "))
    # then the object is there, without it
    assert answered == {"errors": [], "data": data}
