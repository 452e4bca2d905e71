"""Filters and orders: the same as the meaning of the language says, worked out in memory over the same graph."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import orjson
import pytest
from graphql import GraphQLInputObjectType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neo4j import Driver, Query

from app.graph import Graph, GraphSettings
from app.graph_observer import counting
from app.ids import Ids
from app.ports import SystemClock
from app.projection.model import EntryPage, ToMany
from tests.projection.drawn import filters, orders, searching
from tests.projection.filtered import EDGES, TYPES, WORLD, Node, World, sorted_by
from tests.projection.reads import COMPILER, SCHEMA, Reads
from tests.projection.seeds import put

FILLED = ("Application", "Deployment", "Environment", "Project", "Service", "ServiceVersion")
ROOTS = sorted(
    (entry.name, entry.target)
    for entry in COMPILER.model.entries.values()
    if isinstance(entry, EntryPage) and entry.target in FILLED
)
FILTERS = {name: SCHEMA._schema.type_map[f"{name}Filter"] for _, name in ROOTS}
ORDERS = {name: SCHEMA._schema.type_map[f"{name}Order"] for _, name in ROOTS}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop for many examples."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def tenant(store: Driver) -> Iterator[str]:
    """A tenant of its own that holds the world."""
    found = "f-" + Ids(SystemClock()).new()
    put(store, WORLD, tenant=found)
    put(store, EDGES, tenant=found)
    yield found
    put(store, "MATCH (node {tenant: $tenant}) DETACH DELETE node", tenant=found)


@pytest.fixture(scope="module")
def world(store: Driver, tenant: str) -> World:
    """The same in memory."""
    found = World()
    with store.session() as session:
        for key, label, properties in session.run(
            Query(
                "MATCH (n:Entity {tenant: $tenant}) RETURN elementId(n), [l IN labels(n) WHERE l <> 'Entity'][0], n{.*}"
            ),
            tenant=tenant,
        ):
            found.nodes[key] = Node(key, label, properties)
        for start, type_, properties, end in session.run(
            Query("MATCH (a:Entity {tenant: $tenant})-[r]->(b) RETURN elementId(a), type(r), r{.*}, elementId(b)"),
            tenant=tenant,
        ):
            found.edges[(start, type_, "out")].append((properties, end))
            found.edges[(end, type_, "in")].append((properties, start))
    assert len(found.nodes) > 90
    return found


@pytest.fixture(scope="module")
def own(runner: asyncio.Runner, graph_settings: GraphSettings, tenant: str) -> Iterator[Reads]:
    """Asks in that tenant."""
    connection = Graph.connect(graph_settings)
    yield Reads(runner.run(connection.__aenter__()), tenant)
    runner.run(connection.__aexit__(None, None, None))


def _input(types: Mapping[str, object], name: str) -> GraphQLInputObjectType:
    found = types[name]
    assert isinstance(found, GraphQLInputObjectType)
    return found


Listed = tuple[str, str, dict[str, object], list[dict[str, object]], int]


@st.composite
def lists(draw: st.DrawFn) -> Listed:
    """A root list, a filter and an order of it, and a page size."""
    name, target = draw(st.sampled_from(ROOTS))
    where = draw(filters(_input(FILTERS, target)))
    return name, target, where, draw(orders(_input(ORDERS, target))), draw(st.sampled_from((1, 2, 3, 7, 50)))


@st.composite
def searches(draw: st.DrawFn) -> Listed:
    """The same with a search in the filter."""
    name, target = draw(st.sampled_from(ROOTS))
    where = draw(searching(_input(FILTERS, target)))
    return name, target, where, draw(orders(_input(ORDERS, target))), draw(st.sampled_from((1, 2, 3, 7, 50)))


def paged(runner: asyncio.Runner, own: Reads, name: str, target: str, variables: Mapping[str, object]) -> list[str]:
    """The ids on all pages of a list, in order."""
    query = (
        f"query L($where: {target}Filter, $orderBy: [{target}Order!], $first: Int, $after: String) {{ {name}("
        "where: $where, orderBy: $orderBy, first: $first, after: $after) "
        "{ totalCount nodes { id } pageInfo { hasNextPage endCursor } } }"
    )
    found: list[str] = []
    after = None
    while True:
        page = orjson.loads(runner.run(own.fast(query, {**variables, "after": after})))["data"][name]
        found += [each["id"] for each in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(found)
            return found
        after = page["pageInfo"]["endCursor"]


def agreed(runner: asyncio.Runner, own: Reads, world: World, wanted: Listed) -> int:
    """How many nodes a list holds that is what its filter means."""
    name, target, where, order, first = wanted
    # when all its pages are read
    found = paged(runner, own, name, target, {"where": where, "orderBy": order, "first": first})
    # then they hold the nodes that meet the filter, each once, in that order
    node_type = TYPES[target]
    kept = [node for node in world.of(node_type) if world.meets(node_type, where, node)]
    assert found == [node.properties["id"] for node in sorted_by(node_type, order, kept)]
    return len(found)


def test_a_filtered_list_is_what_its_filter_means(runner: asyncio.Runner, own: Reads, world: World) -> None:
    sizes: list[int] = []

    # given any list with any filter, order and page size
    @settings(max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(lists())
    def compare(wanted: Listed) -> None:
        sizes.append(agreed(runner, own, world, wanted))

    compare()
    # and filters kept some and left out some
    assert sum(size > 0 for size in sizes) > 30
    assert sum(size == 0 for size in sizes) > 20


def test_a_list_of_what_a_text_finds_is_what_its_filter_means(runner: asyncio.Runner, own: Reads, world: World) -> None:
    sizes: list[int] = []

    # given any list with a search, of its nodes or of those that they lead to, beside anything else
    @settings(max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(searches())
    def compare(wanted: Listed) -> None:
        sizes.append(agreed(runner, own, world, wanted))

    compare()
    # and searches found some and found none
    assert sum(size > 0 for size in sizes) > 20
    assert sum(size == 0 for size in sizes) > 10


@pytest.mark.parametrize("seek", ["id", "search"])
def test_a_filter_may_come_back_over_the_edge_it_went(
    runner: asyncio.Runner, own: Reads, world: World, seek: str
) -> None:
    # given what depends on something that a certain service depends on: that service itself among them
    node_type = TYPES["Service"]
    edge = node_type.fields["dependencies"]
    assert isinstance(edge, ToMany)
    for service in world.of(node_type)[::3]:
        id_ = service.properties["id"]
        asked = {"id": {"eq": id_}} if seek == "id" else {"search": str(id_)}
        where: dict[str, object] = {"dependencies": {"some": {"node": {"dependents": {"some": {"node": asked}}}}}}
        # when it is asked for
        found = paged(runner, own, "services", "Service", {"where": where})
        # then it is what an evaluation in memory finds
        kept = [node for node in world.of(node_type) if world.meets(node_type, where, node)]
        assert found == [node.properties["id"] for node in sorted_by(node_type, [], kept)]
        assert (id_ in found) == any(True for _ in world.reached(service, edge.hops))


ALL_ORDERS = [
    pytest.param(name, target, field_name, direction, id=f"{name}-{field_name}-{direction}")
    for name, target in ROOTS
    for field_name in sorted(_input(ORDERS, target).fields)
    for direction in ("ASC", "DESC")
]


@pytest.mark.parametrize(("name", "target", "field_name", "direction"), ALL_ORDERS)
def test_every_order_has_each_node_once(
    runner: asyncio.Runner, own: Reads, world: World, name: str, target: str, field_name: str, direction: str
) -> None:
    # given a list ordered by one property, which may be missing
    order = [{field_name: direction}]
    # when all its pages are read
    found = paged(runner, own, name, target, {"orderBy": order, "first": 7})
    # then each node is there once, in that order
    node_type = TYPES[target]
    assert found == [node.properties["id"] for node in sorted_by(node_type, order, world.of(node_type))]


DEPENDENTS_IN_PRODUCTION = """query D($id: ID!, $stage: Stage!) { services(where: {
  dependencies: {some: {node: {id: {eq: $id}}, kind: {eq: HARD}}}
  deployments: {some: {environment: {stage: {eq: $stage}}}}
}) { nodes { id } } }"""


def test_what_depends_on_a_service_and_runs_in_production_is_one_filter(
    runner: asyncio.Runner, own: Reads, world: World
) -> None:
    # given every service that another needs
    node_type = TYPES["Service"]
    counted = 0
    for service in world.of(node_type):
        id_ = service.properties["id"]
        where: dict[str, object] = {
            "dependencies": {"some": {"node": {"id": {"eq": id_}}, "kind": {"eq": "HARD"}}},
            "deployments": {"some": {"environment": {"stage": {"eq": "PRODUCTION"}}}},
        }
        # when what depends on it and runs in production is asked for, both ways
        variables = {"id": id_, "stage": "PRODUCTION"}
        answer = runner.run(own.both(DEPENDENTS_IN_PRODUCTION, variables))
        # then it is what an evaluation in memory finds
        kept = [node for node in world.of(node_type) if world.meets(node_type, where, node)]
        nodes = [{"id": node.properties["id"]} for node in sorted_by(node_type, [], kept)]
        assert answer["data"] == {"services": {"nodes": nodes}}
        counted += len(nodes)
    assert counted > 3


@pytest.mark.parametrize("parents", [1, 10])
async def test_nested_filters_are_part_of_the_one_statement(
    graph_settings: GraphSettings, tenant: str, parents: int
) -> None:
    # given filters and orders at every level
    query = """query N($first: Int) { services(first: $first, orderBy: [{name: DESC}]) { nodes { id
      dependencies(where: {deployments: {some: {status: {eq: SUCCEEDED}}}}, orderBy: [{createdAt: DESC}]) { edges {
        node { deployments(where: {not: {message: {isNull: true}}}) { totalCount nodes { id } } } } } } } }"""
    # when one parent is asked for, and ten
    async with Graph.connect(graph_settings) as graph:
        with counting() as ran:
            answered = orjson.loads(await Reads(graph, tenant).fast(query, {"first": parents}))
    # then it is one statement
    assert len(answered["data"]["services"]["nodes"]) == parents
    assert ran == ["projection/services"]
