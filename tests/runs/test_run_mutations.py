"""Plan and deploy as users ask for them, over HTTP."""

from __future__ import annotations

from pydantic import JsonValue

from tests.api import Api
from tests.platform import SHOP, Platform, environment, service
from tests.runs.deploying import Deploying

PLAN = """
mutation Plan($input: PlanInput!) {
  plan(input: $input) {
    plan { id state digest creates waves steps { nodes { key action wave waitingOn irreversible
      changes { field before after sensitive unknown { reason } }
      requires { nodes { key } } } } }
    problems { code message field }
  }
}
"""
DEPLOY = """
mutation Deploy($input: DeployInput!) {
  deploy(input: $input) {
    run { id state onFailure total planId steps { nodes { key state waitingFor } } }
    plan { id state }
    problems {
      code message field
      ... on StalePlan { moved: nodes }
      ... on PolicyDenied { violations { policy message edges nodes { id label name } } }
    }
  }
}
"""
WORKER: JsonValue = {"kind": "WORKER", "text": "no worker has taken the run up yet", "subject": None}
REDIS: JsonValue = {
    "kind": "STEP",
    "text": "shop/boutique/redis@dev has to come first",
    "subject": "shop/boutique/redis@dev",
}
PLACE: dict[str, JsonValue] = {"application": "shop/boutique", "environment": "shop@dev"}


async def plan(api: Api) -> dict[str, JsonValue]:
    """The payload of planning the boutique."""
    payload = (await api.ask(PLAN, {"input": PLACE}))["plan"]
    assert isinstance(payload, dict)
    return payload


async def deploy(api: Api, **wanted: JsonValue) -> dict[str, JsonValue]:
    """The payload of a deployment."""
    payload = (await api.ask(DEPLOY, {"input": wanted}))["deploy"]
    assert isinstance(payload, dict)
    return payload


async def planned(api: Api) -> JsonValue:
    """The id of a new plan."""
    made = (await plan(api))["plan"]
    assert isinstance(made, dict)
    return made["id"]


async def test_a_plan_shows_its_steps(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"]))
    # when
    payload = await plan(api)
    # then
    assert payload["problems"] == []
    made = payload["plan"]
    assert isinstance(made, dict)
    assert (made["state"], made["creates"], made["waves"]) == ("READY", 2, 2)
    steps = made["steps"]
    assert isinstance(steps, dict)
    nodes = steps["nodes"]
    assert isinstance(nodes, list)
    assert [(one["key"], one["action"], one["wave"], one["requires"]) for one in nodes if isinstance(one, dict)] == [
        ("shop/boutique/redis@dev", "CREATE", 1, {"nodes": []}),
        ("shop/boutique/cart@dev", "CREATE", 2, {"nodes": [{"key": "shop/boutique/redis@dev"}]}),
    ]
    cart = nodes[1]
    assert isinstance(cart, dict)
    assert (cart["waitingOn"], cart["irreversible"]) == (["shop/boutique/redis"], None)
    changes = cart["changes"]
    assert isinstance(changes, list)
    plain = {"sensitive": False, "unknown": None}
    assert changes[:2] == [
        {"field": "deadline_seconds", "before": None, "after": "300", **plain},
        {"field": "image", "before": None, "after": "example/cart:v1", **plain},
    ]


async def test_a_plan_of_nothing_is_refused_with_the_field_to_blame(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    # when
    answer = await api.ask(PLAN, {"input": {**PLACE, "application": "shop/nothing"}})
    # then
    assert answer["plan"] == {
        "plan": None,
        "problems": [{"code": "NOT_FOUND", "message": "there is no Application shop/nothing", "field": "application"}],
    }


async def test_a_place_is_deployed_by_a_new_plan(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"]))
    # when
    payload = await deploy(api, **PLACE, onFailure="CONTINUE")
    # then
    assert payload["problems"] == []
    run, made = payload["run"], payload["plan"]
    assert isinstance(run, dict)
    assert isinstance(made, dict)
    assert (run["state"], run["onFailure"], run["total"], run["planId"]) == ("QUEUED", "CONTINUE", 2, made["id"])
    assert run["steps"] == {
        "nodes": [
            {"key": "shop/boutique/redis@dev", "state": "WAITING", "waitingFor": [WORKER]},
            {"key": "shop/boutique/cart@dev", "state": "WAITING", "waitingFor": [REDIS]},
        ]
    }


async def test_a_plan_is_deployed_as_it_is(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"))
    plan_id = await planned(api)
    # when
    payload = await deploy(api, plan=plan_id)
    # then
    assert (payload["plan"], payload["problems"]) == ({"id": plan_id, "state": "READY"}, [])


async def test_a_repeat_with_the_same_key_gives_the_same_run(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"))
    # when
    first = await deploy(api, **PLACE, idempotencyKey="release-1")
    second = await deploy(api, **PLACE, idempotencyKey="release-1")
    # then
    assert first == second
    assert first["problems"] == []


async def test_a_denied_deployment_has_a_run_and_the_path_that_denies_it(api: Api, deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, environment("prod", stage="production"))
    await deploying.platform.apply(service("cart", image="example/cart:latest"))
    # when
    payload = await deploy(api, application="shop/boutique", environment="shop@prod")
    # then
    run = payload["run"]
    assert isinstance(run, dict)
    assert (run["state"], run["total"]) == ("DENIED", 0)
    [problem] = payload["problems"] if isinstance(payload["problems"], list) else []
    assert isinstance(problem, dict)
    assert (problem["code"], problem["field"]) == ("POLICY_DENIED", "plan")
    [violation] = problem["violations"] if isinstance(problem["violations"], list) else []
    assert isinstance(violation, dict)
    assert (violation["policy"], violation["edges"]) == ("pinned-images", ["HAS_SERVICE", "DESIRES"])
    assert await deploying.deployments() == {}


async def test_a_stale_plan_is_refused_and_names_what_moved(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"))
    plan_id = await planned(api)
    await platform.apply(service("redis", image="example/redis:v2"))
    before = await platform.picture()
    # when
    payload = await deploy(api, plan=plan_id)
    # then
    assert (payload["run"], payload["plan"]) == (None, None)
    [problem] = payload["problems"] if isinstance(payload["problems"], list) else []
    assert isinstance(problem, dict)
    assert (problem["code"], problem["moved"]) == ("STALE_PLAN", ["shop/boutique/redis"])
    assert await platform.picture() == before


async def test_a_deployment_is_either_of_a_plan_or_of_a_place(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"))
    before = await platform.picture()
    wrong: list[tuple[dict[str, JsonValue], str]] = [
        ({}, "application"),
        ({"application": "shop/boutique"}, "environment"),
        ({"plan": "some-plan", **PLACE}, "plan"),
    ]
    for input, field in wrong:
        # when
        payload = await deploy(api, **input)
        # then
        message = "give either a plan, or an application and an environment"
        assert payload["problems"] == [{"code": "INVALID_INPUT", "message": message, "field": field}]
    assert await platform.picture() == before


async def test_nobody_deploys_without_signing_in(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"))
    before = await platform.picture()
    # when
    answer = await api.post(DEPLOY, {"input": PLACE}, token="")
    # then
    assert "QUEUED" not in answer.text
    assert "UNAUTHENTICATED" in answer.text
    assert await platform.picture() == before
