"""Applying manifests: all or nothing, a repeat changes nothing, and every problem says where."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import JsonValue

from app.domain.changes import Outcome
from app.errors import Conflict, ImpactRequired, InvalidInput, NotFound, PolicyDenied, Problems
from app.graph_observer import counting
from tests.platform import SHOP, Platform, application, environment, project, service


async def test_manifests_become_the_graph_in_the_order_of_the_documents(platform: Platform) -> None:
    # when
    applied = await platform.apply(service("web", needs=["cart"]), *SHOP, service("cart"))
    # then
    assert [(one.index, one.kind, one.id, one.outcome) for one in applied] == [
        (0, "Service", "shop/boutique/web", Outcome.CREATED),
        (1, "Project", "shop", Outcome.CREATED),
        (2, "Environment", "shop@dev", Outcome.CREATED),
        (3, "Application", "shop/boutique", Outcome.CREATED),
        (4, "Service", "shop/boutique/cart", Outcome.CREATED),
    ]


async def test_a_repeat_changes_nothing(platform: Platform) -> None:
    # given
    manifests = [*SHOP, service("web", needs=["cart"]), service("cart")]
    await platform.apply(*manifests)
    before, events = await platform.picture(), await platform.events()
    # when
    applied = await platform.apply(*manifests, prune=True)
    # then
    assert {one.outcome for one in applied} == {Outcome.UNCHANGED}
    assert (await platform.picture(), await platform.events()) == (before, events)


async def test_a_changed_image_updates_the_service_and_keeps_the_old_version(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    # when
    applied = await platform.apply(*SHOP, service("cart", image="example/cart:v2"))
    # then
    nodes, _ = await platform.picture()
    assert applied[-1].outcome is Outcome.UPDATED
    assert nodes["shop/boutique/cart"] == 2
    assert len([id for id in nodes if id.startswith("shop/boutique/cart:v")]) == 2


async def test_what_left_the_manifests_is_deleted_with_prune_only(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("web", needs=["cart"]), service("cart"))
    # when
    kept = await platform.apply(*SHOP, service("cart"))
    pruned = await platform.apply(*SHOP, service("cart"), prune=True)
    # then
    assert [one.id for one in kept if one.outcome is Outcome.DELETED] == []
    assert [(one.index, one.id) for one in pruned if one.outcome is Outcome.DELETED] == [(None, "shop/boutique/web")]


async def test_prune_refuses_what_another_application_needs(platform: Platform) -> None:
    # given
    await platform.apply(
        *SHOP, application("billing"), service("cart"), service("bill", application="billing", needs=["boutique/cart"])
    )
    before = await platform.picture()
    # when
    with pytest.raises(ImpactRequired) as refused:
        await platform.apply(*SHOP, prune=True)
    # then
    assert refused.value.message == (
        "shop/billing/bill depends on Service shop/boutique/cart: look at the impact of deleting it, and present its "
        "digest"
    )
    assert await platform.picture() == before


async def test_all_problems_of_all_documents_are_told_at_once(platform: Platform) -> None:
    # when
    with pytest.raises(Problems) as refused:
        await platform.apply(project("Shop"), service("cart", image="no image"), {"kind": "Service"})
    # then
    assert [one.field for one in refused.value.problems] == [
        "manifests[0].metadata.name",
        "manifests[1].spec.image",
        "manifests[2].apiVersion",
    ]
    assert await platform.events() == []


async def test_missing_parents_and_dependencies_are_told_with_their_place(platform: Platform) -> None:
    # given
    await platform.apply(project())
    before = await platform.picture()
    # when
    with pytest.raises(NotFound) as parent:
        await platform.apply(service("cart"))
    with pytest.raises(NotFound) as dependency:
        await platform.apply(application(), service("web", needs=["cart"]))
    # then
    assert (parent.value.message, parent.value.field) == (
        "there is no Application shop/boutique",
        "manifests[0].metadata.application",
    )
    assert (dependency.value.message, dependency.value.field) == (
        "there is no Service shop/boutique/cart",
        "manifests[1].spec.dependencies[0].service",
    )
    assert await platform.picture() == before


async def test_the_same_object_twice_is_refused(platform: Platform) -> None:
    # when
    with pytest.raises(Conflict) as refused:
        await platform.apply(project(), project())
    # then
    assert refused.value.message == "shop is declared by manifests[0] already"
    assert refused.value.field == "manifests[1].metadata.name"


async def test_no_manifests_are_refused(platform: Platform) -> None:
    # when
    with pytest.raises(InvalidInput) as refused:
        await platform.apply()
    # then
    assert refused.value.message == "there are no manifests to apply"


async def test_a_cycle_among_manifests_is_refused_whole(platform: Platform) -> None:
    # when
    with pytest.raises(PolicyDenied) as refused:
        await platform.apply(*SHOP, service("a", needs=["b"]), service("b", needs=["c"]), service("c", needs=["a"]))
    # then
    assert refused.value.violations[0].message in {
        "dependency cycle: a -> b -> c -> a",
        "dependency cycle: b -> c -> a -> b",
        "dependency cycle: c -> a -> b -> c",
    }
    assert await platform.events() == []


async def test_a_thousand_documents_take_as_many_statements_as_ten(platform: Platform) -> None:
    # given
    def services(count: int) -> list[JsonValue]:
        return [service(f"s{n}", needs=[f"s{n - 1}"] if n else []) for n in range(count)]

    with counting() as few:
        await platform.apply(*SHOP, *services(10))
    # when
    with counting() as many:
        applied = await platform.apply(*SHOP, environment("qa"), *services(1000))
    # then
    assert Counter(one.outcome for one in applied) == {Outcome.CREATED: 991, Outcome.UNCHANGED: 13}
    assert Counter(many) - Counter(few) <= Counter(
        {"declared/create_nodes": 1, "declared/link_nodes": 1, "declared/lock_nodes": 1}
    )
