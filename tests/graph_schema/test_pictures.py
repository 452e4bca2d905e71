"""`graph` and `status`: bounded, whole, and of one tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import orjson
import pytest

from app.graph import counting
from tests.http.caller import Caller
from tests.platform import SHOP, Platform, application, environment, project, service

GRAPH = """query G($application: ID, $first: Int) {
  graph(application: $application, first: $first) {
    truncated nodes { id label name status } edges { from to type kind }
  }
}"""
STATUS = """query S($application: ID, $environment: ID, $first: Int, $after: String) {
  status(application: $application, environment: $environment, first: $first, after: $after) {
    nodes { service environment status version desiredVersion image deployedAt }
    pageInfo { hasNextPage endCursor }
  }
}"""

RECORD = """
MATCH (service:Service {tenant: $tenant, id: $service})-[:DESIRES]->(version)
MATCH (environment:Environment {tenant: $tenant, id: $environment})
CREATE (deployment:Deployment:Entity {tenant: $tenant, id: $id, name: service.name, version: 1,
  created_at: datetime(), updated_at: datetime(), status: 'succeeded', service_id: service.id,
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


class Page(TypedDict):
    """The answer to `status`."""

    nodes: list[Status]
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


async def test_the_graph_is_nodes_and_the_edges_between_them(caller: Caller, platform: Platform) -> None:
    # given two applications, and a service deployed to one of two environments
    await _fill(platform)
    # when the whole graph is asked for
    with counting() as ran:
        graph = await _picture(caller)
    # then it is all there, in one statement
    assert graph["truncated"] is False
    assert [(node["id"], node["label"], node["name"], node["status"]) for node in graph["nodes"]] == [
        ("empty", "Project", "empty", None),
        ("shop", "Project", "shop", None),
        ("shop@dev", "Environment", "dev", None),
        ("shop@live", "Environment", "live", None),
        ("shop/boutique", "Application", "boutique", None),
        ("shop/other", "Application", "other", None),
        ("shop/boutique/cart", "Service", "cart", None),
        ("shop/boutique/checkout", "Service", "checkout", None),
        ("shop/other/billing", "Service", "billing", None),
        ("shop/boutique/cart@dev", "Deployment", "cart", "succeeded"),
    ]
    assert {(edge["from"], edge["type"], edge["to"], edge["kind"]) for edge in graph["edges"]} == {
        ("shop", "HAS_ENVIRONMENT", "shop@dev", None),
        ("shop", "HAS_ENVIRONMENT", "shop@live", None),
        ("shop", "CONTAINS", "shop/boutique", None),
        ("shop", "CONTAINS", "shop/other", None),
        ("shop/boutique", "HAS_SERVICE", "shop/boutique/cart", None),
        ("shop/boutique", "HAS_SERVICE", "shop/boutique/checkout", None),
        ("shop/other", "HAS_SERVICE", "shop/other/billing", None),
        ("shop/boutique/checkout", "DEPENDS_ON", "shop/boutique/cart", "hard"),
        ("shop/boutique/cart@dev", "OF", "shop/boutique/cart", None),
        ("shop/boutique/cart@dev", "IN", "shop@dev", None),
    }
    assert ran == ["graph/read_all"]


async def test_the_graph_of_an_application_leaves_out_the_others(caller: Caller, platform: Platform) -> None:
    # given two applications
    await _fill(platform)
    # when one of them is asked for
    with counting() as ran:
        graph = await _picture(caller, {"application": "shop/other"})
    # then its project, the environments and its own service are there
    assert {node["id"] for node in graph["nodes"]} == {
        "shop",
        "shop@dev",
        "shop@live",
        "shop/other",
        "shop/other/billing",
    }
    assert ran == ["graph/read_application"]


@pytest.mark.parametrize("first", range(1, 10))
@pytest.mark.parametrize("application", [None, "shop/boutique"])
async def test_a_graph_that_is_cut_off_has_no_loose_edge(
    caller: Caller, platform: Platform, application: str | None, first: int
) -> None:
    # given more nodes than are asked for
    await _fill(platform)
    whole = await _picture(caller, {"application": application})
    # when only some are asked for
    graph = await _picture(caller, {"application": application, "first": first})
    # then it says so, and both ends of every edge are there
    ids = {node["id"] for node in graph["nodes"]}
    assert len(ids) == min(first, len(whole["nodes"]))
    assert graph["truncated"] is (first < len(whole["nodes"]))
    assert all({edge["from"], edge["to"]} <= ids for edge in graph["edges"])


@pytest.mark.parametrize(
    ("variables", "code"),
    [({"application": "nope"}, "NOT_FOUND"), ({"first": 0}, "INVALID_INPUT"), ({"first": 2001}, "INVALID_INPUT")],
)
async def test_a_graph_that_cannot_be_shown_is_refused(
    caller: Caller, variables: Mapping[str, object], code: str
) -> None:
    # given an application that is not there, or a number out of bounds
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
    assert ran == ["status/list_status"]


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
