"""Services, their versions and dependencies."""

from __future__ import annotations

import asyncio

import pytest

from app.domain import declared, services, versions
from app.domain.changes import Saving
from app.domain.dependencies import Dependency, DependencyKind, add_dependency, remove_dependency
from app.domain.services import ServiceSpec, create_version, save_service
from app.domain.versions import VersionSpec, version_id
from app.domain.workloads import Port
from app.errors import Conflict, ImpactRequired, InvalidInput, NotFound, PolicyDenied
from tests.platform import SHOP, Platform, application, service

CART = "shop/boutique/cart"


def _edges(edges: set[tuple[str, str, str]], kind: str) -> set[tuple[str, str]]:
    return {(source, target) for source, type, target in edges if type == kind}


async def test_a_service_is_created_with_version_and_dependencies(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    spec = VersionSpec("v2", "example/web:v2", ports=(Port("http", 80, 8080),))
    # when
    created = await save_service(
        platform.change(),
        ServiceSpec("shop/boutique", "web", version=spec, dependencies=(Dependency(CART, DependencyKind.SOFT),)),
        saving=Saving.CREATE,
    )
    # then
    _, edges = await platform.picture()
    expected = version_id(created, spec)
    assert expected.startswith("shop/boutique/web:v2-")
    assert ("shop/boutique/web", expected) in _edges(edges, "DESIRES") & _edges(edges, "HAS_VERSION")
    assert _edges(edges, "DEPENDS_ON") == {("shop/boutique/web", CART)}


async def test_a_service_under_a_missing_application_is_refused(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    before = await platform.picture()
    # when
    with pytest.raises(NotFound) as refused:
        await save_service(platform.change(), ServiceSpec("shop/nothing", "cart"), saving=Saving.CREATE)
    # then
    assert (refused.value.message, refused.value.field) == ("there is no Application shop/nothing", "parent")
    assert await platform.picture() == before


async def test_a_duplicate_service_is_refused(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    before = await platform.picture()
    # when
    with pytest.raises(Conflict) as refused:
        await save_service(platform.change(), ServiceSpec("shop/boutique", "cart"), saving=Saving.CREATE)
    # then
    assert refused.value.message == f"Service {CART} exists already"
    assert await platform.picture() == before


async def test_the_same_content_is_the_same_version_and_changes_nothing(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    spec = VersionSpec("v2", "example/cart:v2")
    first = await create_version(platform.change(), CART, spec)
    before, events = await platform.picture(), await platform.events()
    # when
    second = await create_version(platform.change(), CART, spec)
    # then
    assert first == second
    assert (await platform.picture(), await platform.events()) == (before, events)


async def test_a_version_that_is_desired_is_not_deleted_and_an_old_one_is(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    old = next(id for id in (await platform.picture())[0] if id.startswith(CART + ":"))
    new = await create_version(platform.change(), CART, VersionSpec("v2", "example/cart:v2"))
    # when
    with pytest.raises(ImpactRequired) as refused:
        await declared.delete(platform.change(), "ServiceVersion", id=new)
    await declared.delete(platform.change(), "ServiceVersion", id=old)
    # then
    assert refused.value.dependents == (CART,)
    nodes, _ = await platform.picture()
    assert [id for id in nodes if id.startswith(CART + ":")] == [new]


async def test_values_of_environment_variables_stay_out_of_events(platform: Platform) -> None:
    # when
    await platform.apply(*SHOP, service("cart", env={"REDIS_PASSWORD": "hunter2-canary"}))
    # then
    assert [event for event in await platform.events() if "hunter2-canary" in str(event["data"])] == []
    created = [event for event in await platform.events() if event["type"] == "serviceversion.created"]
    assert '"environment":["REDIS_PASSWORD"]' in str(created[0]["data"])


async def test_a_service_cannot_depend_on_itself(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    before = await platform.picture()
    # when
    with pytest.raises(InvalidInput) as refused:
        await add_dependency(platform.change(), CART, Dependency(CART))
    # then
    assert refused.value.message == f"{CART} cannot depend on itself"
    assert await platform.picture() == before


async def test_a_dependency_on_a_missing_service_is_refused(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    before = await platform.picture()
    # when
    with pytest.raises(NotFound) as refused:
        await add_dependency(platform.change(), CART, Dependency("shop/boutique/gone"))
    # then
    assert refused.value.message == "there is no Service shop/boutique/gone"
    assert await platform.picture() == before


async def test_a_cycle_over_three_services_is_refused_and_named(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("web", needs=["cart"]), service("cart", wants=["db"]), service("db"))
    before, events = await platform.picture(), await platform.events()
    # when
    with pytest.raises(PolicyDenied) as refused:
        await add_dependency(platform.change(), "shop/boutique/db", Dependency("shop/boutique/web"))
    # then
    [violation] = refused.value.violations
    assert refused.value.message == "dependency cycle: db -> web -> cart -> db"
    assert violation.policy == "no-dependency-cycle"
    assert [node.id for node in violation.nodes] == [
        "shop/boutique/db",
        "shop/boutique/web",
        "shop/boutique/cart",
        "shop/boutique/db",
    ]
    assert violation.edges == ("DEPENDS_ON", "DEPENDS_ON", "DEPENDS_ON")
    assert (await platform.picture(), await platform.events()) == (before, events)


async def test_removing_an_edge_of_the_named_cycle_makes_the_call_pass(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("web", needs=["cart"]), service("cart", wants=["db"]), service("db"))
    # when
    await remove_dependency(platform.change(), CART, "shop/boutique/db")
    await add_dependency(platform.change(), "shop/boutique/db", Dependency("shop/boutique/web"))
    # then
    _, edges = await platform.picture()
    assert _edges(edges, "DEPENDS_ON") == {
        ("shop/boutique/web", CART),
        ("shop/boutique/db", "shop/boutique/web"),
    }


async def test_adding_a_dependency_again_changes_nothing_and_another_kind_does(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("web", needs=["cart"]), service("cart"))
    before = await platform.picture()
    # when
    await add_dependency(platform.change(), "shop/boutique/web", Dependency(CART, DependencyKind.HARD))
    same = await platform.picture()
    await add_dependency(platform.change(), "shop/boutique/web", Dependency(CART, DependencyKind.SOFT))
    # then
    assert same == before
    nodes, _ = await platform.picture()
    assert nodes["shop/boutique/web"] == before[0]["shop/boutique/web"] + 1
    rows = await platform.graph.define(
        f"MATCH (:Service {{tenant: '{platform.tenant}', id: 'shop/boutique/web'}})-[needs:DEPENDS_ON]->() "
        "RETURN needs.kind AS kind"
    )
    assert [row["kind"] for row in rows] == ["soft"]


async def test_two_who_close_a_cycle_at_the_same_time_do_not_both_win(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("a"), service("b"))
    # when
    results = await asyncio.gather(
        add_dependency(platform.change(), "shop/boutique/a", Dependency("shop/boutique/b")),
        add_dependency(platform.change(), "shop/boutique/b", Dependency("shop/boutique/a")),
        return_exceptions=True,
    )
    # then
    _, edges = await platform.picture()
    assert sorted(type(result).__name__ for result in results) == ["PolicyDenied", "str"]
    assert len(_edges(edges, "DEPENDS_ON")) == 1


async def test_two_edges_that_close_a_cycle_only_together_do_not_both_stand(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("a"), service("b", needs=["c"]), service("c"), service("d", needs=["a"]))

    async def add(source: str, target: str) -> str:
        wanted = Dependency(f"shop/boutique/{target}")
        return await add_dependency(platform.change(), f"shop/boutique/{source}", wanted)

    for _ in range(10):
        # when
        results = await asyncio.gather(add("a", "b"), add("c", "d"), return_exceptions=True)
        # then
        assert sorted(type(result).__name__ for result in results) == ["PolicyDenied", "str"]
        added = "a" if isinstance(results[0], str) else "c"
        await remove_dependency(
            platform.change(), f"shop/boutique/{added}", f"shop/boutique/{'b' if added == 'a' else 'd'}"
        )


async def test_a_service_that_others_need_is_not_deleted(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("web", needs=["cart"]), service("cart"))
    before = await platform.picture()
    # when
    with pytest.raises(ImpactRequired) as refused:
        await declared.delete(platform.change(), "Service", id=CART)
    # then
    assert refused.value.message == (
        f"shop/boutique/web depends on Service {CART}: look at the impact of deleting it, and present its digest"
    )
    assert await platform.picture() == before


async def test_services_that_need_each_other_are_deleted_together(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("web", needs=["cart"]), service("cart"), service("other"))
    # when
    await platform.apply(*SHOP, service("other"), prune=True)
    # then
    nodes, _ = await platform.picture()
    assert [id for id in nodes if id.count("/") == 2 and ":" not in id] == ["shop/boutique/other"]


@pytest.mark.parametrize("id", ["nonsense", "a/b", "a/b/c/d", ""])
def test_what_cannot_be_a_service_id_is_not_found(id: str) -> None:
    # when
    with pytest.raises(NotFound) as refused:
        services.place(id)
    # then
    assert refused.value.message == f"there is no Service {id}"


def test_the_digest_does_not_depend_on_the_label() -> None:
    # given
    first, second = VersionSpec("v1", "example/cart:v1"), VersionSpec("other", "example/cart:v1")
    # then
    assert versions.digest(first) == versions.digest(second)
    assert versions.digest(first) != versions.digest(VersionSpec("v1", "example/cart:v2"))


async def test_dependencies_may_cross_applications(platform: Platform) -> None:
    # when
    await platform.apply(
        *SHOP, application("billing"), service("cart"), service("bill", application="billing", needs=["boutique/cart"])
    )
    # then
    _, edges = await platform.picture()
    assert _edges(edges, "DEPENDS_ON") == {("shop/billing/bill", CART)}
