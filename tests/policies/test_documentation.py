"""docs/policies.md: its list is the library's, and its queries are answered as they stand there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.policy_docs import PAGE, renewed
from tests.http.caller import Caller
from tests.platform import SHOP, Platform, service

TEXT = PAGE.read_text(encoding="utf-8")
QUERIES = {match[2]: match[1] for match in re.finditer(r"```graphql\n((?:query|mutation) (\w+).*?)```", TEXT, re.S)}
NOW = datetime.now(UTC)
TIMES = {
    "since": (NOW - timedelta(hours=1)).isoformat(),
    "from": (NOW + timedelta(hours=1)).isoformat(),
    "until": (NOW + timedelta(hours=2)).isoformat(),
}


def test_the_list_of_policies_is_the_librarys() -> None:
    # then
    assert renewed(TEXT) == TEXT, "run python -m app.policy_docs"


def test_the_page_has_all_of_them() -> None:
    assert list(QUERIES) == ["Denials", "Set", "Grant", "Freeze"]


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_of_the_page_is_answered(platform: Platform, name: str) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    variables = {each: at for each, at in TIMES.items() if f"${each}" in QUERIES[name]}
    # when
    answer = (await Caller(platform, platform.actor).ask(QUERIES[name], variables)).json()
    # then
    assert "errors" not in answer, answer
    [payload] = answer["data"].values()
    assert payload.get("problems", []) == []
    assert None not in payload.values()


async def test_developers_are_told_that_they_may_not(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    actor = platform.change().actor
    developer = type(actor)("user:dev", actor.tenant, "dev", type(actor.role)("developer"))
    before = await platform.picture(), await platform.events()
    for name in ("Set", "Grant", "Freeze"):
        variables = {each: at for each, at in TIMES.items() if f"${each}" in QUERIES[name]}
        # when
        answer = (await Caller(platform, developer).ask(QUERIES[name], variables)).json()
        # then
        [payload] = answer["data"].values()
        assert [problem["code"] for problem in payload["problems"]] == ["FORBIDDEN"]
    assert (await platform.picture(), await platform.events()) == before


async def test_audits_tests_and_deprecation_are_asked_over_the_api(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    caller = Caller(platform, platform.actor)
    asked = (await caller.ask("{ services { nodes { id exposure dataClass desiredVersion { id } } } }")).json()
    [cart] = asked["data"]["services"]["nodes"]
    # when
    version = cart["desiredVersion"]["id"]
    answers = (
        await caller.ask(
            "mutation Ask($id: ID!) {"
            " deprecateServiceVersion(input: {id: $id}) { serviceVersion { deprecated version } problems { code } }"
            " auditPolicies(input: {}) { places opened open resolved problems { code } }"
            ' testPolicies(input: {policies: ["freeze-windows"]}) { results { policy passed never } problems { code } }'
            "}",
            {"id": version},
        )
    ).json()
    # then
    assert answers["data"] == {
        "deprecateServiceVersion": {"serviceVersion": {"deprecated": True, "version": 2}, "problems": []},
        "auditPolicies": {"places": 0, "opened": 0, "open": 0, "resolved": 0, "problems": []},
        "testPolicies": {
            "results": [{"policy": "freeze-windows", "passed": True, "never": []}],
            "problems": [],
        },
    }
    assert (cart["exposure"], cart["dataClass"]) == ("INTERNAL", "INTERNAL")
