"""Manifests over GraphQL: pages, what is missing from them, and who may ask."""

from __future__ import annotations

from pydantic import JsonValue

from tests.api import Api
from tests.http.caller import Caller
from tests.platform import SHOP, Platform, service

EXPORT = (
    "query ($scope: ID, $first: Int, $after: String) { exportManifests(scope: $scope, first: $first, after: $after) "
    "{ nodes edges { cursor node } totalCount unsaid { id reason } "
    "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
)


async def test_manifests_come_in_pages_and_can_be_applied_again(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    # when
    pages: list[dict[str, JsonValue]] = []
    infos: list[dict[str, JsonValue]] = []
    after: JsonValue = None
    while not pages or after is not None:
        page = (await api.ask(EXPORT, {"first": 3, "after": after}))["exportManifests"]
        assert isinstance(page, dict)
        info = page["pageInfo"]
        assert isinstance(info, dict)
        infos.append(info)
        after = info["endCursor"] if info["hasNextPage"] else None
        pages.append(page)
    manifests = [one for page in pages for one in page["nodes"]]  # type: ignore[union-attr]
    again = await api.ask(
        "mutation ($input: ApplyManifestsInput!) { applyManifests(input: $input) "
        "{ results { id action } problems { message } } }",
        {"input": {"manifests": manifests}},
    )
    # then
    assert [page["unsaid"] for page in pages] == [[], []]
    assert [page["totalCount"] for page in pages] == [4, 4]
    assert [[edge["node"] for edge in page["edges"]] for page in pages] == [page["nodes"] for page in pages]  # type: ignore[call-overload,index,union-attr]
    ends = [[page["edges"][end]["cursor"] for end in (0, -1)] for page in pages]  # type: ignore[call-overload,index]
    assert ends == [[info["startCursor"], info["endCursor"]] for info in infos]
    assert [info["hasPreviousPage"] for info in infos] == [False, True]
    assert [info["startCursor"] == info["endCursor"] for info in infos] == [False, True]
    assert manifests == [
        {"apiVersion": "trellis/v1", "kind": "Project", "metadata": {"name": "shop"}},
        {
            "apiVersion": "trellis/v1",
            "kind": "Environment",
            "metadata": {"name": "dev", "project": "shop"},
            "spec": {"stage": "development", "provider": "echo"},
        },
        {"apiVersion": "trellis/v1", "kind": "Application", "metadata": {"name": "boutique", "project": "shop"}},
        {
            "apiVersion": "trellis/v1",
            "kind": "Service",
            "metadata": {"name": "cart", "project": "shop", "application": "boutique"},
            "spec": {"image": "example/cart:v1", "ports": [{"name": "http", "port": 80}]},
        },
    ]
    assert again["applyManifests"] == {
        "results": [
            {"id": id, "action": "UNCHANGED"} for id in ("shop", "shop@dev", "shop/boutique", "shop/boutique/cart")
        ],
        "problems": [],
    }


async def test_what_cannot_be_exported_is_an_error(platform: Platform) -> None:
    # given
    caller = Caller(platform, platform.actor)
    # when
    wrong = [
        (await caller.ask(EXPORT, variables)).json()["errors"][0]["message"]
        for variables in ({"scope": "nothing"}, {"after": "x"}, {"after": "WzksInNob3AiXQ"}, {"first": 101})
    ]
    stranger = (await Caller(platform, None).ask(EXPORT)).json()["errors"][0]["extensions"]["code"]
    # then
    assert wrong == [
        "there is no project, environment, application, service or template nothing",
        "after is not a cursor of this list: pass an endCursor or cursor that the list returned",
        "after is not a cursor of this list: pass an endCursor that the list returned",
        "first must be between 1 and 100, not 101",
    ]
    assert stranger == "UNAUTHENTICATED"
