"""A policy that does not answer in time denies wherever it is asked, also inside a transaction that it has cut off."""

from __future__ import annotations

import pytest

from app.domain.dependencies import Dependency, add_dependency
from app.domain.plans import create_plan
from app.domain.policies import deciding
from app.errors import PolicyDenied
from tests.platform import SHOP, Platform, service

BOUTIQUE = "shop/boutique"


async def denials(platform: Platform) -> list[tuple[object, object, object]]:
    """What was denied, oldest first."""
    rows = await platform.graph.define(
        f"MATCH (d:Decision {{tenant: '{platform.tenant}', verdict: 'deny'}})-[:ABOUT]->(n) "
        "RETURN d.id AS id, d.policy AS policy, n.id AS about ORDER BY d.id"
    )
    return [(row["id"], row["policy"], row["about"]) for row in rows]


async def test_a_plan_is_refused_as_a_whole_and_the_denial_is_logged(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    before = await platform.picture(), await platform.events()
    monkeypatch.setattr(deciding, "SECONDS", 0.0)
    # when
    with pytest.raises(PolicyDenied) as refused:
        await create_plan(platform.change(), application_id=BOUTIQUE, environment_id="shop@dev")
    # then
    [violation] = refused.value.violations
    assert violation.message == "blast-radius denies because it did not answer within 0 seconds"
    assert (await platform.picture(), await platform.events()) == before
    assert await denials(platform) == [(violation.decision, "blast-radius", BOUTIQUE)]


async def test_a_change_is_refused_and_the_denial_is_logged(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    await platform.apply(*SHOP, service("cart"), service("redis"))
    before = await platform.picture(), await platform.events()
    monkeypatch.setattr(deciding, "SECONDS", 0.0)
    # when
    with pytest.raises(PolicyDenied) as refused:
        await add_dependency(platform.change(), f"{BOUTIQUE}/cart", Dependency(f"{BOUTIQUE}/redis"))
    # then
    [violation] = refused.value.violations
    assert violation.message == "no-dependency-cycle denies because it did not answer within 0 seconds"
    assert (await platform.picture(), await platform.events()) == before
    assert await denials(platform) == [(violation.decision, "no-dependency-cycle", f"{BOUTIQUE}/cart")]
