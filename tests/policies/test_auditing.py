"""An audit records what violates policies and resolves it once it is gone; policies are tested without a trace."""

from __future__ import annotations

import pytest

from app.domain.access import Role
from app.domain.policies import auditing, known
from app.domain.policies.auditing import Audited, audit
from app.domain.policies.rehearsing import rehearse
from app.errors import Forbidden, InvalidInput, NotFound
from app.transactions import Row
from tests.platform import SHOP, Platform, environment, service

CART = "shop/boutique/cart"


async def violations(platform: Platform, state: str) -> list[Row]:
    """What audits have recorded."""
    return await platform.graph.define(
        f"MATCH (p:Policy)<-[:OF]-(v:Violation {{tenant: '{platform.tenant}', state: '{state}'}})-[:FOUND_ON]->(n) "
        "RETURN v.policy AS policy, v.clause AS clause, n.id AS subject, v.path AS path, v.path_edges AS edges "
        "ORDER BY v.policy, n.id"
    )


async def running(platform: Platform) -> None:
    """A service that runs in production from an image that is not pinned, once and without limits."""
    await platform.apply(*SHOP, environment("prod", stage="production"), service("cart", image="example/cart"))
    await platform.graph.define(
        f"MATCH (s:Service {{tenant: '{platform.tenant}', id: '{CART}'}})-[:DESIRES]->(v) "
        f"MATCH (e:Environment {{tenant: '{platform.tenant}', id: 'shop@prod'}}) "
        f"CREATE (d:Deployment:Entity {{tenant: '{platform.tenant}', id: '{CART}@prod', status: 'succeeded', "
        "version: 1, "
        "application_id: 'shop/boutique', environment_id: 'shop@prod', service_id: s.id, service_name: 'cart'}) "
        "CREATE (d)-[:OF]->(s), (d)-[:RUNS]->(v), (d)-[:IN]->(e)"
    )


async def test_what_exists_is_looked_through_and_what_is_gone_is_resolved(platform: Platform) -> None:
    # given
    await running(platform)
    # when
    first, second = await audit(platform.change(), None), await audit(platform.change(), "shop")
    # then
    assert (first, second) == (Audited(1, 3, 3, 0), Audited(1, 0, 3, 0))
    found = await violations(platform, "open")
    assert [(row["policy"], row["clause"], row["subject"]) for row in found] == [
        ("pinned-images", "no-tag", CART),
        ("replicas-in-production", "too-few", CART),
        ("resource-limits", "no-limits", CART),
    ]
    assert found[0]["edges"] == ["HAS_SERVICE", "RUNS"]
    events = await platform.events()
    assert [event["subject"] for event in events if event["type"] == "violation.found"] == [CART, CART, CART]
    # when one of them is gone
    await platform.graph.define(
        f"MATCH (:Service {{tenant: '{platform.tenant}', id: '{CART}'}})-[:HAS_VERSION]->(v) SET v.replicas = 3"
    )
    third = await audit(platform.change(), None)
    # then
    assert third == Audited(1, 0, 2, 1)
    assert [row["policy"] for row in await violations(platform, "resolved")] == ["replicas-in-production"]
    assert (await platform.events())[-1]["type"] == "violation.resolved"


async def test_an_audit_ends_after_a_while_and_goes_on_where_it_ended(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given two places, and time for one
    await running(platform)
    await platform.apply(environment("two", stage="production"))
    await platform.graph.define(
        f"MATCH (d:Deployment {{tenant: '{platform.tenant}'}})-[:OF]->(s), (d)-[:RUNS]->(v) "
        f"MATCH (e:Environment {{tenant: '{platform.tenant}', id: 'shop@two'}}) "
        f"CREATE (n:Deployment:Entity) SET n = d {{.*, id: '{CART}@two', environment_id: 'shop@two'}} "
        "CREATE (n)-[:OF]->(s), (n)-[:RUNS]->(v), (n)-[:IN]->(e)"
    )
    monkeypatch.setattr(auditing, "SECONDS", 0.0)
    # when
    first = await audit(platform.change(), None)
    second = await audit(platform.change(), None, after=first.end)
    # then each place was looked at once
    assert (first, second) == (Audited(1, 3, 3, 0, "shop/boutique shop@prod"), Audited(1, 3, 3, 0))
    # when what is given is no end
    with pytest.raises(InvalidInput, match="the end of an earlier audit"):
        await audit(platform.change(), None, after="prod")


async def test_only_administrators_audit_and_only_what_is_there(platform: Platform) -> None:
    # given
    await running(platform)
    before = await platform.picture(), await platform.events()
    # when
    with pytest.raises(Forbidden):
        await audit(platform.change(role=Role.DEVELOPER), None)
    with pytest.raises(NotFound):
        await audit(platform.change(), "moon")
    # then
    assert (await platform.picture(), await platform.events()) == before


async def whole(platform: Platform) -> dict[str, int]:
    """How many nodes of each kind the tenant has."""
    rows = await platform.graph.define(
        f"MATCH (n {{tenant: '{platform.tenant}'}}) RETURN labels(n)[0] AS label, count(n) AS n ORDER BY label"
    )
    return {str(row["label"]): n for row in rows if isinstance(n := row["n"], int)}


async def test_policies_are_tested_and_nothing_of_it_stays(platform: Platform) -> None:
    # given a tenant in which the policies would find a lot, and what it is like before
    await platform.apply(*SHOP, environment("prod", stage="production"), service("cart", image="example/cart:latest"))
    before = await platform.picture(), await platform.events(), await whole(platform)
    # when
    results = await rehearse(platform.graph, platform.actor, platform.ids, ["pinned-images", "freeze-windows"])
    # then
    assert [(one.policy, one.passed, one.never) for one in results] == [
        ("freeze-windows", True, ()),
        ("pinned-images", True, ()),
    ]
    assert [fixture.setup for fixture in results[1].fixtures] == ["violating", "allowed", "violating"]
    [policy] = [one for one in known() if one.name == "pinned-images"]
    assert results[1].digest == policy.digest
    after = await platform.graph.define(
        "MATCH (n:Application) WHERE n.tenant STARTS WITH 'fixture-' RETURN count(n) AS n"
    )
    assert after[0]["n"] == 0
    # and nothing of the tenant was looked at, changed, told or decided
    assert (await platform.picture(), await platform.events(), await whole(platform)) == before


async def test_only_administrators_test_policies_that_there_are(platform: Platform) -> None:
    # when, then
    with pytest.raises(Forbidden):
        await rehearse(platform.graph, platform.change(role=Role.DEVELOPER).actor, platform.ids)
    with pytest.raises(NotFound):
        await rehearse(platform.graph, platform.actor, platform.ids, ["moon"])
