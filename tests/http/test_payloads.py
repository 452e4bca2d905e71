"""What a mutation answers over HTTP: the payload's node, and refusals as data."""

from __future__ import annotations

from app.graph_observer import counting
from tests.http.caller import Caller
from tests.http.test_graphql import only_error
from tests.platform import SHOP, Platform, service

CREATE = """mutation Create($input: CreateServiceInput!, $first: Int) {
  createService(input: $input) {
    made: service { id application { id } dependencies(first: $first) { edges { kind node { name } } } }
    service { name }
    problems { code message field }
  }
}"""


async def test_a_payload_shows_what_is_selected_of_its_node(caller: Caller, platform: Platform) -> None:
    # given a shop with a service
    await platform.apply(*SHOP, service("cart"))
    given = {
        "application": "shop/boutique",
        "name": "checkout",
        "dependencies": [{"service": "shop/boutique/cart", "kind": "SOFT"}],
    }
    # when another one is created, and shown under two keys
    with counting() as ran:
        response = await caller.ask(CREATE, {"input": given})
    # then each key is one statement, with its own fields
    assert response.json() == {
        "data": {
            "createService": {
                "made": {
                    "id": "shop/boutique/checkout",
                    "application": {"id": "shop/boutique"},
                    "dependencies": {"edges": [{"kind": "SOFT", "node": {"name": "cart"}}]},
                },
                "service": {"name": "checkout"},
                "problems": [],
            }
        }
    }
    assert [name for name in ran if name.startswith("projection/")] == ["projection/payload", "projection/payload"]


async def test_a_refusal_of_a_mutation_is_data(caller: Caller, platform: Platform) -> None:
    # given a shop with a service
    await platform.apply(*SHOP, service("cart"))
    before = await platform.picture()
    # when one of the same name is created
    response = await caller.ask(CREATE, {"input": {"application": "shop/boutique", "name": "cart"}})
    # then the payload says why, there is no error, and nothing was changed
    payload = response.json()["data"]["createService"]
    assert payload["made"] is None
    assert [problem["code"] for problem in payload["problems"]] == ["CONFLICT"]
    assert "errors" not in response.json()
    assert await platform.picture() == before


async def test_a_wrong_argument_of_a_payload_is_found_before_anything_changes(
    caller: Caller, platform: Platform
) -> None:
    # given a shop
    await platform.apply(*SHOP)
    before = await platform.picture()
    given = {"application": "shop/boutique", "name": "checkout"}
    # when a service is created, and too much is asked of the answer
    response = await caller.ask(CREATE, {"input": given, "first": 101})
    # then the request is refused and nothing was changed
    assert response.status_code == 400
    error = only_error(response)
    assert error["message"] == "first must be between 1 and 100, not 101"
    assert error["extensions"] == {"code": "INVALID_INPUT", "argument": "first"}
    assert await platform.picture() == before
