"""`graph` and `status`: bounded, whole, and of one tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import orjson
import pytest

from app.domain.plans import create_plan
from app.graph_observer import counting
from tests.http.caller import Caller
from tests.platform import SHOP, Platform, application, environment, project, service

GRAPH = """query G($scope: ID, $depth: Int, $kinds: [GraphKind!], $mode: GraphMode! = DESIRED, $plan: ID, $first: Int) {
  graph(scope: $scope, depth: $depth, kinds: $kinds, mode: $mode, plan: $plan, first: $first) {
    truncated nodes { id label name status version } edges { from to type kind }
  }
}"""
STATUS = """query S($application: ID, $environment: ID, $first: Int, $after: String) {
  status(application: $application, environment: $environment, first: $first, after: $after) {
    nodes { service environment status version desiredVersion image deployedAt }
    edges { cursor node { service environment } } totalCount
    pageInfo { hasNextPage endCursor }
  }
}"""

RECORD = """
MATCH (service:Service {tenant: $tenant, id: $service})-[:DESIRES]->(version)
MATCH (environment:Environment {tenant: $tenant, id: $environment})
CREATE (deployment:Deployment:Entity {tenant: $tenant, id: $id, name: service.name, version: 1,
  created_at: datetime(), updated_at: datetime(), status: 'succeeded', service_id: service.id,
  application_id: 'shop/boutique', depends_on: [],
  environment_id: environment.id, version_id: version.id, deployed_at: datetime('2026-01-31T12:00:00Z')})
CREATE (deployment)-[:OF]->(service), (deployment)-[:IN]->(environment), (deployment)-[:RUNS]->(version)
"""


@pytest.fixture
def caller(platform: Platform) -> Caller:
    """The administrator of the test's tenant."""
    return Caller(platform, platform.actor)


class Node(TypedDict):
    """A node of a picture."""

    id: str
    label: str
    name: str
    status: str | None
    version: str | None


Edge = TypedDict("Edge", {"from": str, "to": str, "type": str, "kind": str | None})


class Picture(TypedDict):
    """The answer to `graph`."""

    nodes: list[Node]
    edges: list[Edge]
    truncated: bool


class Status(TypedDict):
    """A row of `status`."""

    service: str
    environment: str
    status: str | None
    version: str | None
    desiredVersion: str | None
    image: str | None
    deployedAt: str | None


class StatusEdge(TypedDict):
    """A row of `status`, as much as it takes to know it, and where it stands."""

    cursor: str
    node: dict[str, str]


class Page(TypedDict):
    """The answer to `status`."""

    nodes: list[Status]
    edges: list[StatusEdge]
    totalCount: int
    pageInfo: dict[str, str | bool]


async def _picture(caller: Caller, variables: Mapping[str, object] | None = None) -> Picture:
    answer = (await caller.ask(GRAPH, variables)).json()
    assert "errors" not in answer, answer
    picture: Picture = answer["data"]["graph"]
    return picture


async def _status(caller: Caller, variables: Mapping[str, object] | None = None) -> Page:
    answer = (await caller.ask(STATUS, variables)).json()
    assert "errors" not in answer, answer
    page: Page = answer["data"]["status"]
    return page


async def _fill(platform: Platform) -> None:
    """Two applications, one of which needs the other; cart is deployed to dev."""
    await platform.apply(
        *SHOP,
        environment("live", stage="production"),
        application("other"),
        service("cart"),
        service("checkout", needs=["cart"]),
        service("billing", application="other"),
        project("empty"),
    )
    text = RECORD
    for name, value in {
        "$tenant": platform.tenant,
        "$service": "shop/boutique/cart",
        "$environment": "shop@dev",
        "$id": "shop/boutique/cart@dev",
    }.items():
        text = text.replace(name, orjson.dumps(value).decode())
    await platform.graph.define(text)


def _ids(graph: Picture, label: str) -> set[str]:
    return {node["id"] for node in graph["nodes"] if node["label"] == label}


def _edges(graph: Picture, *types: str) -> set[tuple[str, str, str, str | None]]:
    return {(one["from"], one["type"], one["to"], one["kind"]) for one in graph["edges"] if one["type"] in types}


async def test_the_graph_is_nodes_and_the_edges_between_them(caller: Caller, platform: Platform) -> None:
    # given two applications, and a service deployed to one of two environments
    await _fill(platform)
    # when what is deployed is asked for
    with counting() as ran:
        graph = await _picture(caller, {"mode": "ACTUAL"})
    # then it is all there, in a fixed number of statements
    version = graph["nodes"][-1]["version"]
    assert version is not None
    assert version.startswith("shop/boutique/cart:v1-")
    assert graph == {
        "truncated": False,
        "nodes": [
            {"id": id, "label": label, "name": name, "status": status, "version": own}
            for id, label, name, status, own in [
                ("empty", "Project", "empty", None, None),
                ("shop", "Project", "shop", None, None),
                ("shop@dev", "Environment", "dev", None, None),
                ("shop@live", "Environment", "live", None, None),
                ("shop/boutique", "Application", "boutique", None, None),
                ("shop/other", "Application", "other", None, None),
                ("shop/boutique/cart", "Service", "cart", None, None),
                ("shop/boutique/cart@dev", "Deployment", "cart", "succeeded", version),
            ]
        ],
        "edges": [
            {"from": start, "to": end, "type": type_, "kind": None}
            for start, type_, end in [
                ("shop", "CONTAINS", "shop/boutique"),
                ("shop", "CONTAINS", "shop/other"),
                ("shop", "HAS_ENVIRONMENT", "shop@dev"),
                ("shop", "HAS_ENVIRONMENT", "shop@live"),
                ("shop/boutique", "HAS_SERVICE", "shop/boutique/cart"),
                ("shop/boutique/cart@dev", "IN", "shop@dev"),
                ("shop/boutique/cart@dev", "OF", "shop/boutique/cart"),
            ]
        ],
    }
    assert ran == ["graph/list_all", "graph/read_frame", "graph/read_services", "graph/read_deployed"]


async def test_three_graphs_have_the_same_ids_for_the_same_things(caller: Caller, platform: Platform) -> None:
    # given cart and its user planned for dev and not carried out, and cart recorded there in an older version
    await _fill(platform)
    await platform.apply(service("cart", image="example/cart:v2"))
    planned = await create_plan(platform.change(), application_id="shop/boutique", environment_id="shop@dev")
    # when the graph is asked for in each mode
    desired, after, actual = [
        await _picture(caller, {"mode": mode, "scope": "shop/boutique"}) for mode in ("DESIRED", "PLANNED", "ACTUAL")
    ]
    # then what is declared is in every environment, what is planned in one, and what runs is there in its old version
    everywhere = {f"shop/boutique/{name}@{place}" for name in ("cart", "checkout") for place in ("dev", "live")}
    assert _ids(desired, "Deployment") == everywhere
    assert _ids(after, "Deployment") == {"shop/boutique/cart@dev", "shop/boutique/checkout@dev"}
    assert _ids(actual, "Deployment") == {"shop/boutique/cart@dev"}
    for label in ("Project", "Environment", "Application"):
        assert _ids(desired, label) == _ids(after, label) == _ids(actual, label)
    assert _ids(desired, "Service") == _ids(after, "Service") == {"shop/boutique/cart", "shop/boutique/checkout"}
    versions = [
        {node["version"] for node in graph["nodes"] if node["id"] == "shop/boutique/cart@dev"}
        for graph in (desired, after, actual)
    ]
    assert versions[0] == versions[1] != versions[2]
    needs = {("shop/boutique/checkout", "DEPENDS_ON", "shop/boutique/cart", "hard")}
    assert _edges(desired, "DEPENDS_ON") == _edges(after, "DEPENDS_ON") == needs
    assert _edges(actual, "DEPENDS_ON") == set()
    # then the plan alone shows the same, confined to its environment
    alone = await _picture(caller, {"mode": "PLANNED", "plan": planned.id})
    assert _ids(alone, "Deployment") == _ids(after, "Deployment")
    assert _ids(alone, "Environment") == {"shop@dev"}


async def test_what_runs_is_shown_after_its_service_is_gone(caller: Caller, platform: Platform) -> None:
    # given a service that runs and is declared no more
    await _fill(platform)
    await platform.apply(*SHOP, service("checkout"), prune=True)
    # when what runs and what is declared are asked for, and what the next plan leaves
    actual = await _picture(caller, {"mode": "ACTUAL"})
    desired = await _picture(caller, {"mode": "DESIRED"})
    await create_plan(platform.change(), application_id="shop/boutique", environment_id="shop@dev")
    after = await _picture(caller, {"mode": "PLANNED"})
    # then it is in the first only, with its service
    assert _ids(actual, "Service") == {"shop/boutique/cart"}
    assert _edges(actual, "OF", "HAS_SERVICE") == {
        ("shop/boutique/cart@dev", "OF", "shop/boutique/cart", None),
        ("shop/boutique", "HAS_SERVICE", "shop/boutique/cart", None),
    }
    assert "shop/boutique/cart" not in _ids(desired, "Service")
    assert _ids(after, "Deployment") == {"shop/boutique/checkout@dev"}


@pytest.mark.parametrize(
    ("scope", "depth", "services", "environments"),
    [
        ("shop/other", 1, {"billing"}, {"dev", "live"}),
        ("shop/boutique", 0, {"cart", "checkout"}, {"dev", "live"}),
        ("shop", 0, {"cart", "checkout", "billing"}, {"dev", "live"}),
        ("shop@live", 0, {"cart", "checkout", "billing"}, {"live"}),
        ("shop/boutique/checkout", 0, {"checkout"}, {"dev", "live"}),
        ("shop/boutique/checkout", 1, {"cart", "checkout"}, {"dev", "live"}),
        ("shop/boutique/cart@dev", 0, {"cart"}, {"dev"}),
        ("provider:echo", 0, {"cart", "checkout", "billing"}, {"dev", "live"}),
        ("team:platform", 0, {"cart", "checkout", "billing"}, {"dev", "live"}),
        ("user:admin", 1, set(), set()),
    ],
)
async def test_a_scope_is_any_node(
    caller: Caller, platform: Platform, scope: str, depth: int, services: set[str], environments: set[str]
) -> None:
    # given
    await _fill(platform)
    # when
    graph = await _picture(caller, {"scope": scope, "depth": depth})
    # then
    assert {node["name"] for node in graph["nodes"] if node["label"] == "Service"} == services
    assert {node["name"] for node in graph["nodes"] if node["label"] == "Environment"} == environments
    running = {(node["name"], node["id"].partition("@")[2]) for node in graph["nodes"] if node["label"] == "Deployment"}
    assert running == {(name, place) for name in services for place in environments}


async def test_kinds_choose_what_is_shown(caller: Caller, platform: Platform) -> None:
    # given
    await _fill(platform)
    # when
    graph = await _picture(caller, {"kinds": ["SERVICE_VERSION", "TEAM", "PROJECT", "SERVICE"]})
    # then only that is there, and only the edges between
    assert {node["label"] for node in graph["nodes"]} == {"Team", "Project", "Service", "ServiceVersion"}
    assert {edge["type"] for edge in graph["edges"]} == {"OWNS", "DEPENDS_ON", "DESIRES", "HAS_VERSION"}


@pytest.mark.parametrize("first", [1, 4, 7, 9])
@pytest.mark.parametrize("scope", [None, "shop/boutique"])
@pytest.mark.parametrize("mode", ["DESIRED", "ACTUAL"])
async def test_a_graph_that_is_cut_off_has_no_loose_edge(
    caller: Caller, platform: Platform, scope: str | None, first: int, mode: str
) -> None:
    # given more nodes than are asked for
    await _fill(platform)
    whole = await _picture(caller, {"scope": scope, "mode": mode})
    # when only some are asked for
    graph = await _picture(caller, {"scope": scope, "first": first, "mode": mode})
    # then it says so, and both ends of every edge are there
    ids = {node["id"] for node in graph["nodes"]}
    assert len(ids) == min(first, len(whole["nodes"]))
    assert graph["truncated"] is (first < len(whole["nodes"]))
    assert all({edge["from"], edge["to"]} <= ids for edge in graph["edges"])


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"scope": "nope"}, "NOT_FOUND"),
        ({"mode": "PLANNED", "plan": "shop"}, "NOT_FOUND"),
        ({"mode": "ACTUAL", "plan": "shop"}, "INVALID_INPUT"),
        ({"first": 0}, "INVALID_INPUT"),
        ({"first": 2001}, "INVALID_INPUT"),
        ({"depth": -1}, "INVALID_INPUT"),
        ({"depth": 7}, "INVALID_INPUT"),
    ],
)
async def test_a_graph_that_cannot_be_shown_is_refused(
    caller: Caller, variables: Mapping[str, object], code: str
) -> None:
    # given a node that is not there, or a number out of bounds
    # when it is asked for
    answer = (await caller.ask(GRAPH, variables)).json()
    # then it is refused with a code
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


async def test_status_has_a_row_for_every_service_and_environment(caller: Caller, platform: Platform) -> None:
    # given three services and two environments, one of them deployed to one
    await _fill(platform)
    # when status is asked for, all at once and two rows at a time
    with counting() as ran:
        whole = await _status(caller)
    pages: list[Status] = []
    after: str | bool | None = None
    while True:
        page = await _status(caller, {"first": 2, "after": after})
        assert page["totalCount"] == 6
        assert page["edges"][-1]["cursor"] == page["pageInfo"]["endCursor"]
        pages += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    # then each pair is there once, also where nothing was ever deployed
    assert pages == whole["nodes"]
    assert [(row["service"], row["environment"], row["status"]) for row in pages] == [
        ("shop/boutique/cart", "shop@dev", "SUCCEEDED"),
        ("shop/boutique/cart", "shop@live", None),
        ("shop/boutique/checkout", "shop@dev", None),
        ("shop/boutique/checkout", "shop@live", None),
        ("shop/other/billing", "shop@dev", None),
        ("shop/other/billing", "shop@live", None),
    ]
    assert pages[0]["version"] == pages[0]["desiredVersion"]
    assert pages[0]["image"] == "example/cart:v1"
    assert pages[0]["deployedAt"] == "2026-01-31T12:00:00Z"
    assert [edge["node"] for edge in whole["edges"]] == [
        {"service": row["service"], "environment": row["environment"]} for row in pages
    ]
    assert ran == ["status/list_status", "status/count_status"]


async def test_status_is_counted_only_when_asked_for(caller: Caller, platform: Platform) -> None:
    # given
    await _fill(platform)
    # when one asks for rows, and one for their number
    with counting() as rows:
        await caller.ask("{ status { nodes { service } } }")
    counted = await caller.ask(
        '{ all: status { totalCount } one: status(application: "shop/other", environment: "shop@dev") { totalCount } }'
    )
    # then
    assert rows == ["status/list_status"]
    assert counted.json()["data"] == {"all": {"totalCount": 6}, "one": {"totalCount": 1}}


@pytest.mark.parametrize(
    ("variables", "rows"),
    [
        ({"application": "shop/other"}, [("shop/other/billing", "shop@dev"), ("shop/other/billing", "shop@live")]),
        ({"application": "shop/other", "environment": "shop@live"}, [("shop/other/billing", "shop@live")]),
        ({"application": "shop/oth"}, []),
        ({"environment": "nope"}, []),
    ],
)
async def test_status_is_narrowed(
    caller: Caller, platform: Platform, variables: Mapping[str, object], rows: list[tuple[str, str]]
) -> None:
    # given three services and two environments
    await _fill(platform)
    # when status is asked for of an application, or an environment
    status = await _status(caller, variables)
    # then only theirs is there
    assert [(row["service"], row["environment"]) for row in status["nodes"]] == rows
