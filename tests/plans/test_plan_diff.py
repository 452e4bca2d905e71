"""Two plans side by side: what only one has, what differs, and that the same is the same."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from app.domain.plan_diff import ComparedStep, FieldDifference, StepDifference, compare, diff_plans
from app.domain.plan_steps import StepAction
from app.domain.plans import create_plan
from app.errors import NotFound
from tests.api import Api
from tests.platform import SHOP, Platform, service

DIFF = """
query Diff($a: ID!, $b: ID!, $after: String) {
  planDiff(a: $a, b: $b) {
    same digestA digestB onlyInA onlyInB differing
    steps(first: 1, after: $after) {
      nodes { key serviceName actionA actionB fields { field a b } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


def step(name: str, action: StepAction = StepAction.CREATE, **says: str) -> ComparedStep:
    """A step that says something."""
    return ComparedStep(f"{name}@dev", name, action, {"action": action.value, **says})


def test_steps_are_matched_by_what_they_change() -> None:
    # given
    a = [step("cart", wave="1"), step("gone"), step("same", wave="2")]
    b = [step("same", wave="2"), step("new"), step("cart", StepAction.UPDATE, wave="1", image="v1 → v2")]
    # then
    assert compare(a, b) == (
        StepDifference(
            "cart@dev",
            "cart",
            StepAction.CREATE,
            StepAction.UPDATE,
            (FieldDifference("action", "create", "update"), FieldDifference("image", None, "v1 → v2")),
        ),
        StepDifference("gone@dev", "gone", StepAction.CREATE, None),
        StepDifference("new@dev", "new", None, StepAction.CREATE),
    )
    assert compare(a, a) == ()


async def planned(platform: Platform) -> str:
    """A plan of the boutique."""
    return (await create_plan(platform.change(), application_id="shop/boutique", environment_id="shop@dev")).id


async def test_plans_of_the_same_say_the_same_and_others_say_where_not(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"], env={"DB_PASSWORD": "hunter2"}))
    first, again = await planned(platform), await planned(platform)
    await platform.apply(service("redis", replicas=2), service("mail"))
    other = await planned(platform)
    # when
    same = await diff_plans(platform.graph.reader(platform.tenant), first, again)
    page = (await api.ask(DIFF, {"a": first, "b": other, "after": None}))["planDiff"]
    # then
    assert (same.same, same.steps) == (True, ())
    assert isinstance(page, dict)
    assert [page[name] for name in ("same", "onlyInA", "onlyInB", "differing")] == [False, 0, 1, 1]
    steps = page["steps"]
    assert isinstance(steps, dict)
    assert steps["nodes"] == [
        {
            "key": "shop/boutique/mail@dev",
            "serviceName": "mail",
            "actionA": None,
            "actionB": "CREATE",
            "fields": [],
        }
    ]
    after: JsonValue = steps["pageInfo"]["endCursor"] if isinstance(steps["pageInfo"], dict) else None
    rest = (await api.ask(DIFF, {"a": first, "b": other, "after": after}))["planDiff"]
    assert isinstance(rest, dict)
    assert isinstance(rest["steps"], dict)
    nodes = rest["steps"]["nodes"]
    assert isinstance(nodes, list)
    [redis] = nodes
    assert isinstance(redis, dict)
    assert (redis["actionA"], redis["actionB"]) == ("CREATE", "CREATE")
    fields = redis["fields"]
    assert isinstance(fields, list)
    assert {"field": "changes.replicas", "a": "(none) → 1", "b": "(none) → 2"} in fields
    assert "hunter" not in str(page) + str(rest)


async def test_a_plan_that_is_not_there_cannot_be_compared(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    first = await planned(platform)
    # when
    with pytest.raises(NotFound) as refused:
        await diff_plans(platform.graph.reader(platform.tenant), first, "nothing")
    # then
    assert (refused.value.message, refused.value.field) == ("there is no Plan 'nothing'", "b")
