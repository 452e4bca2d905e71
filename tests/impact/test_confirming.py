"""Deleting what others depend on: refused without the digest of the present impact, and done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson
import pytest

from app.domain import declared
from app.domain.changes import Change, Outcome
from app.domain.dependencies import Dependency, DependencyKind, add_dependency, remove_dependency
from app.domain.impact import ChangeKind
from app.domain.impact_reading import read_impact
from app.domain.services import create_version
from app.domain.versions import VersionSpec
from app.errors import Conflict, ImpactRequired, InUse, StaleImpact
from tests.platform import SHOP, Platform, application, environment, service

CART, WEB, BILL = "shop/boutique/cart", "shop/boutique/web", "shop/billing/bill"
FILLED = (
    *SHOP,
    environment("staging", promotes_to="dev"),
    application("billing"),
    service("cart"),
    service("redis"),
    service("web", needs=["cart"], wants=["redis"]),
    service("bill", application="billing", needs=["boutique/cart"]),
)


async def delete(
    change: Change, label: str, id: str, *, impact_digest: str | None = None, expected_version: int | None = None
) -> str:
    """Delete one node, presenting a digest or none."""
    return await declared.delete(change, label, id=id, expected_version=expected_version, impact_digest=impact_digest)


async def digest(platform: Platform, id: str) -> str:
    """What a caller sees of the impact of deleting something."""
    impact, _ = await read_impact(platform.graph.reader(platform.tenant), id, ChangeKind.DELETE)
    assert impact.digest is not None
    return impact.digest


async def state(platform: Platform) -> tuple[object, int]:
    """All that is there, and how many events."""
    return await platform.picture(), len(await platform.events())


async def version_of(platform: Platform, service_id: str) -> str:
    """The only version of a service."""
    nodes, _ = await platform.picture()
    return next(id for id in nodes if id.startswith(f"{service_id}:"))


async def record(platform: Platform, service_id: str, environment_id: str) -> None:
    """Record that a service runs somewhere, in its only version."""
    version = await version_of(platform, service_id)
    key = f"{service_id}@{environment_id.partition('@')[2]}"
    of = {"service": service_id, "environment": environment_id, "version": version, "id": key}
    match = ", ".join(
        f"({name}:{label} {{tenant: '{platform.tenant}', id: '{of[name]}'}})"
        for name, label in (("service", "Service"), ("environment", "Environment"), ("version", "ServiceVersion"))
    )
    await platform.graph.define(
        f"MATCH {match} CREATE (d:Deployment:Entity {{tenant: '{platform.tenant}', id: '{key}', name: service.name, "
        f"version: 1, status: 'succeeded', service_id: '{service_id}', environment_id: '{environment_id}', "
        f"application_id: '{service_id.rpartition('/')[0]}', version_id: '{version}', depends_on: []}}) "
        "CREATE (d)-[:OF]->(service), (d)-[:IN]->(environment), (d)-[:RUNS]->(version)"
    )


Deletion = Callable[[Change, str, str | None], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Case:
    """Something that others depend on: how it is deleted, who depends on it, and what makes its impact another."""

    id: str
    delete: Deletion
    dependents: tuple[str, ...]
    disturb: Callable[[Platform], Awaitable[object]]
    gone: tuple[str, str, str]


async def _need_cart(platform: Platform) -> None:
    await add_dependency(platform.change(), "shop/boutique/redis", Dependency(CART, DependencyKind.SOFT))


CASES = {
    "service": Case(
        CART,
        lambda change, id, seen: delete(change, "Service", id, impact_digest=seen),
        (BILL, WEB),
        _need_cart,
        (WEB, "DEPENDS_ON", CART),
    ),
    "application": Case(
        "shop/boutique",
        lambda change, id, seen: delete(change, "Application", id, impact_digest=seen),
        (BILL,),
        lambda platform: platform.apply(service("bill", application="billing", wants=["boutique/cart"])),
        (BILL, "DEPENDS_ON", CART),
    ),
    "environment": Case(
        "shop@dev",
        lambda change, id, seen: delete(change, "Environment", id, impact_digest=seen),
        ("shop@staging",),
        lambda platform: platform.apply(environment("qa", promotes_to="dev")),
        ("shop@staging", "PROMOTES_TO", "shop@dev"),
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    """Each thing that others may depend on."""
    return CASES[request.param]


async def test_without_a_digest_it_is_refused_naming_the_dependents(platform: Platform, case: Case) -> None:
    # given
    await platform.apply(*FILLED)
    before = await state(platform)
    # when
    with pytest.raises(ImpactRequired) as refused:
        await case.delete(platform.change(), case.id, None)
    # then
    assert (refused.value.code, refused.value.dependents) == ("IMPACT_REQUIRED", case.dependents)
    assert refused.value.field == "impactDigest"
    assert await state(platform) == before


async def test_with_a_stale_digest_it_is_refused_naming_the_dependents(platform: Platform, case: Case) -> None:
    # given an impact that somebody saw, and a change of what they saw
    await platform.apply(*FILLED)
    seen = await digest(platform, case.id)
    await case.disturb(platform)
    before = await state(platform)
    # when
    with pytest.raises(StaleImpact) as refused:
        await case.delete(platform.change(), case.id, seen)
    # then
    assert refused.value.code == "STALE_IMPACT"
    assert set(refused.value.dependents) >= set(case.dependents)
    assert all(id in refused.value.message for id in case.dependents)
    assert await state(platform) == before


async def test_with_the_present_digest_it_is_deleted_and_its_dependents_are_released(
    platform: Platform, case: Case
) -> None:
    # given
    await platform.apply(*FILLED)
    nodes, edges = await platform.picture()
    assert case.gone in edges
    seen = await digest(platform, case.id)
    # when
    await case.delete(platform.change(correlation_id="deletion"), case.id, seen)
    # then it is gone, and nothing leads to it
    after, left = await platform.picture()
    assert case.id not in after
    assert {edge for edge in left if case.id in (edge[0], edge[2])} == set()
    # then those that depended on it are there, one version on, and an event says so
    assert {id: after[id] - nodes[id] for id in case.dependents} == dict.fromkeys(case.dependents, 1)
    told = {str(one["subject"]): one for one in await platform.events() if one["correlation_id"] == "deletion"}
    assert set(told) == {case.id, *case.dependents}
    assert [told[id]["version"] for id in case.dependents] == [after[id] for id in case.dependents]


async def test_a_released_service_keeps_its_other_dependencies(platform: Platform) -> None:
    # given
    await platform.apply(*FILLED)
    # when
    await delete(platform.change(correlation_id="x"), "Service", CART, impact_digest=await digest(platform, CART))
    # then
    _, edges = await platform.picture()
    assert {edge for edge in edges if edge[1] == "DEPENDS_ON"} == {(WEB, "DEPENDS_ON", "shop/boutique/redis")}
    told = next(one for one in await platform.events() if one["subject"] == WEB and one["correlation_id"] == "x")
    assert orjson.loads(str(told["data"])) == {
        "before": {"depends_on": [CART, "shop/boutique/redis"]},
        "after": {"depends_on": ["shop/boutique/redis"]},
    }


async def test_what_nothing_depends_on_needs_no_digest_and_takes_only_a_present_one(platform: Platform) -> None:
    # given
    await platform.apply(*FILLED)
    before = await state(platform)
    # when a digest of something else is presented
    with pytest.raises(StaleImpact) as refused:
        await delete(platform.change(), "Service", WEB, impact_digest=await digest(platform, CART))
    # then nothing is changed; without one it goes
    assert (refused.value.dependents, await state(platform)) == ((), before)
    assert await delete(platform.change(), "Service", WEB) == WEB
    assert WEB not in (await platform.picture())[0]


async def test_a_version_that_is_desired_goes_with_the_present_digest(platform: Platform) -> None:
    # given
    await platform.apply(*FILLED)
    version = await version_of(platform, CART)
    seen = await digest(platform, version)
    before = await state(platform)
    # when
    with pytest.raises(ImpactRequired) as refused:
        await delete(platform.change(), "ServiceVersion", version)
    # then
    assert (refused.value.dependents, await state(platform)) == ((CART,), before)
    # when
    await delete(platform.change(), "ServiceVersion", version, impact_digest=seen)
    # then
    nodes, edges = await platform.picture()
    assert version not in nodes
    assert (CART, "DESIRES", version) not in edges
    assert nodes[CART] == 2
    # when it was desired anew since
    await create_version(platform.change(), CART, VersionSpec("v2", "example/cart:v2"))
    with pytest.raises(StaleImpact):
        await delete(platform.change(), "ServiceVersion", await version_of(platform, CART), impact_digest=seen)


@pytest.mark.parametrize("id", ["shop/boutique", "shop@dev"])
async def test_what_runs_keeps_its_place_whatever_is_presented(platform: Platform, id: str) -> None:
    # given something that runs, and others that depend on the same
    await platform.apply(*FILLED)
    await record(platform, CART, "shop@dev")
    seen = await digest(platform, id)
    before = await state(platform)
    # when
    label = "Environment" if id == "shop@dev" else "Application"
    with pytest.raises(InUse) as refused:
        await delete(platform.change(), label, id, impact_digest=seen)
    # then
    assert refused.value.dependents == (f"{CART}@dev",)
    assert await state(platform) == before


async def test_a_running_version_and_a_project_with_parts_stay(platform: Platform) -> None:
    # given
    await platform.apply(*FILLED)
    await record(platform, CART, "shop@dev")
    version = await version_of(platform, CART)
    before = await state(platform)
    # when
    with pytest.raises(InUse) as running:
        await delete(platform.change(), "ServiceVersion", version, impact_digest=await digest(platform, version))
    with pytest.raises(InUse) as holding:
        await delete(platform.change(), "Project", "shop", impact_digest=await digest(platform, "shop"))
    # then
    assert running.value.dependents == (f"{CART}@dev",)
    assert holding.value.dependents == ("shop/billing", "shop/boutique", "shop@dev", "shop@staging")
    assert await state(platform) == before


async def test_a_wrong_version_is_told_before_anything_is_released(platform: Platform) -> None:
    # given
    await platform.apply(*FILLED)
    seen = await digest(platform, CART)
    before = await state(platform)
    # when
    with pytest.raises(Conflict):
        await delete(platform.change(), "Service", CART, expected_version=7, impact_digest=seen)
    # then
    assert await state(platform) == before


async def test_a_shared_service_outlives_the_first_application_that_uses_it(platform: Platform) -> None:
    # given two applications that need a service of a third
    await platform.apply(
        *SHOP,
        application("shared"),
        application("billing"),
        service("redis", application="shared"),
        service("cart", needs=["shared/redis"]),
        service("bill", application="billing", needs=["shared/redis"]),
    )
    # when one of them is deleted, and the other one's manifests are pruned to nothing
    await delete(platform.change(), "Application", "shop/boutique")
    # then what they share is there, and the other still needs it
    nodes, edges = await platform.picture()
    assert "shop/shared/redis" in nodes
    assert {edge for edge in edges if edge[1] == "DEPENDS_ON"} == {(BILL, "DEPENDS_ON", "shop/shared/redis")}
    with pytest.raises(ImpactRequired) as refused:
        await platform.apply(application("shared"), prune=True)
    assert refused.value.dependents == (BILL,)
    assert await platform.picture() == (nodes, edges)


async def test_pruning_takes_the_digest_of_what_was_there_before(platform: Platform) -> None:
    # given a service that is not declared any more while others, one of which is changed, need it
    await platform.apply(*FILLED)
    wanted = [*SHOP, service("redis"), service("web", needs=["cart"], replicas=2)]
    seen = await digest(platform, CART)
    before = await state(platform)

    async def prune(*digests: str) -> list[tuple[str, Outcome]]:
        done = await platform.apply(*wanted, prune=True, impact_digests=digests)
        return [(one.id, one.outcome) for one in done]

    # when it is pruned without a digest, and with another's
    with pytest.raises(ImpactRequired) as required:
        await prune()
    with pytest.raises(StaleImpact) as stale:
        await prune(await digest(platform, "shop/boutique/redis"))
    # then it is refused naming those that stay
    assert (required.value.dependents, stale.value.dependents) == ((BILL, WEB), (BILL, WEB))
    assert await state(platform) == before
    # when with the one that was seen
    done = await prune(seen)
    # then it goes, and nobody needs it
    assert (CART, Outcome.DELETED) in done
    nodes, edges = await platform.picture()
    assert CART not in nodes
    assert {edge for edge in edges if edge[1] == "DEPENDS_ON"} == set()


async def test_a_dependency_added_at_the_same_time_is_never_lost_silently(platform: Platform) -> None:
    # given somebody who saw that only web and bill need cart
    await platform.apply(*FILLED)
    redis = "shop/boutique/redis"
    for _ in range(5):
        seen = await digest(platform, CART)
        # when it is deleted while another begins to need it
        deleted, added = await asyncio.gather(
            delete(platform.change(), "Service", CART, impact_digest=seen),
            add_dependency(platform.change(), redis, Dependency(CART, DependencyKind.SOFT)),
            return_exceptions=True,
        )
        # then either it was deleted before, and the other was told, or the digest was stale
        nodes, edges = await platform.picture()
        if isinstance(added, str):
            assert isinstance(deleted, StaleImpact)
            assert redis in deleted.dependents
            assert (redis, "DEPENDS_ON", CART) in edges
            await remove_dependency(platform.change(), redis, CART)
        else:
            assert deleted == CART
            assert type(added).__name__ in ("NotFound", "Conflict")
            assert CART not in nodes
            await platform.apply(*FILLED)
