"""Every list of nodes is a connection, with pages of at most a hundred; what is none says why."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
)

from app.projection.paging import DEFAULT_FIRST, MOST_FIRST
from tests.http.caller import Caller
from tests.platform import Platform
from tests.projection.reads import SCHEMA

CORE = SCHEMA._schema
OBJECTS = {
    name: each
    for name, each in CORE.type_map.items()
    if isinstance(each, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__")
}
SHORT = {
    "AffectedNode.nodes": "a path, of at most 101 nodes",
    "AffectedNode.edges": "a path, of at most 100 edges",
    "ApplyManifestsPayload.results": "one for each manifest of the request, which is bounded",
    "DependencyPath.nodes": "a path, of at most 21 nodes",
    "DependencyPath.edges": "a path, of at most 20 edges",
    "DependencyPaths.paths": "`first` of them, with `truncated`",
    "Deployment.drift": "the fields of one service",
    "GraphPicture.nodes": "a picture of `first` nodes, with `truncated`",
    "GraphPicture.edges": "a picture: the edges between its nodes",
    "Impact.counts": "one for each kind of node",
    "ManifestConnection.unsaid": "part of a page of `first` objects",
    "PlanStep.changes": "the fields of one service",
    "PlanStepDifference.fields": "the fields of one service",
    "PolicyDenied.violations": "what policies found wrong with one change",
    "PolicyTestResult.fixtures": "the fixtures of one policy",
    "PolicyViolation.nodes": "a path",
    "ProposedStep.changes": "the fields of one service",
    "TestPoliciesPayload.results": "one for each policy",
}
"""Lists of objects that are no connections, and what bounds them."""
LARGER = {"ProposedPlan.steps": "it is stored nowhere: each further page would compute the plan again"}
"""Connections with larger pages, and why."""


def is_list(type_: GraphQLOutputType) -> bool:
    """Whether a type is a list, of things that may be null or not."""
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def fields() -> list[tuple[str, GraphQLField]]:
    """All fields of all objects, by the names of both."""
    return [(f"{name}.{own}", field) for name, each in OBJECTS.items() for own, field in each.fields.items()]


def test_a_list_of_objects_is_part_of_a_connection_or_says_what_bounds_it() -> None:
    # given every field that is a list of anything but plain values
    lists = {
        name
        for name, field in fields()
        if is_list(field.type) and not is_leaf_type(get_named_type(field.type)) and not name.endswith(".problems")
    }
    # when those of connections are left out
    others = {name for name in lists if not name.endswith(("Connection.nodes", "Connection.edges"))}
    # then the rest is known, with what bounds it
    assert others == SHORT.keys()


def test_a_connection_is_what_relay_takes_for_one() -> None:
    # given every type that looks like a page
    pages = {name: each for name, each in OBJECTS.items() if "pageInfo" in each.fields}
    # then it is a connection with edges, nodes and a count, and nothing else is called so
    assert pages.keys() == {name for name in OBJECTS if name.endswith("Connection")}
    for name, each in pages.items():
        assert {"nodes", "edges", "pageInfo", "totalCount"} <= each.fields.keys(), name
        edge = get_named_type(each.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)
        assert edge.name.endswith("Edge"), name
        assert {key: str(field.type) for key, field in edge.fields.items()}["cursor"] == "String!"
        node, listed = get_named_type(edge.fields["node"].type), get_named_type(each.fields["nodes"].type)
        assert node is listed, name
        assert str(each.fields["pageInfo"].type) == "PageInfo!"
        assert str(each.fields["totalCount"].type) == "Int!"


def test_every_connection_is_read_in_pages() -> None:
    # given every field that is a connection
    connections = {name: field for name, field in fields() if get_named_type(field.type).name.endswith("Connection")}
    # when their arguments are looked at
    usual = {name: field.args["first"].default_value for name, field in connections.items()}
    # then each has a size and a place, and a size where none is said
    assert all({"first", "after"} <= field.args.keys() for field in connections.values())
    assert {name for name, size in usual.items() if size != DEFAULT_FIRST} == LARGER.keys()
    larger = {
        name
        for name, field in connections.items()
        if not str(field.args["first"].description).endswith(f"at most, 1 to {MOST_FIRST}.")
    }
    assert larger == LARGER.keys()


ROOTS = sorted(
    name
    for name, field in CORE.type_map["Query"].fields.items()  # type: ignore[attr-defined]
    if get_named_type(field.type).name.endswith("Connection")
)


async def test_no_list_gives_more_than_a_hundred_at_once(platform: Platform) -> None:
    # given every list that a query can begin with
    caller = Caller(platform, platform.actor)
    required = {"search": 'text: "x", '}
    # when each is asked for more
    said = {}
    for name in ROOTS:
        answer = await caller.ask(f"{{ {name}({required.get(name, '')}first: {MOST_FIRST + 1}) {{ totalCount }} }}")
        said[name] = [error["message"] for error in answer.json()["errors"]]
    # then each says how many there may be
    assert said == {name: ["first must be between 1 and 100, not 101"] for name in ROOTS}
    assert {"status", "exportManifests", "services", "search", "events"} <= said.keys()


@pytest.mark.parametrize("name", ["status", "exportManifests", "services", "violations"])
async def test_an_empty_list_is_a_page_of_nothing(platform: Platform, name: str) -> None:
    # given a tenant without any
    caller = Caller(platform, platform.actor)
    # when it is asked for, by a field that is compiled and by one that is not
    answer = await caller.ask(f"{{ {name} {{ totalCount edges {{ cursor }} pageInfo {{ hasNextPage endCursor }} }} }}")
    # then it is a page all the same
    info = {"hasNextPage": False, "endCursor": None}
    assert answer.json() == {"data": {name: {"totalCount": 0, "edges": [], "pageInfo": info}}}
