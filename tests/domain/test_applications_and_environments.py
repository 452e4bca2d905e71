"""Environments and applications: their parents, their promotion, and how they are deleted."""

from __future__ import annotations

import pytest

from app.domain import declared
from app.domain.changes import Saving
from app.domain.environments import (
    EnvironmentSpec,
    Stage,
    completed,
    save_environment,
)
from app.errors import ImpactRequired, InUse, InvalidInput, NotFound
from tests.platform import SHOP, Platform, application, environment, service


async def test_an_environment_gets_what_was_left_out(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    spec = completed(EnvironmentSpec(project_id="shop", name="qa"), default_provider="echo")
    # when
    created = await save_environment(platform.change(), spec, saving=Saving.CREATE)
    # then
    _, edges = await platform.picture()
    [event] = [each for each in await platform.events() if each["subject"] == "shop@qa"]
    assert created == "shop@qa"
    assert event["data"] == (
        '{"before":null,"after":{"description":null,"stage":"development","namespace":"shop-qa",'
        '"drift_every_seconds":null,"drift_heal":null,"drift_ignore":null,"provider":"echo","promotes_to":null}}'
    )
    assert {("shop", "HAS_ENVIRONMENT", "shop@qa"), ("shop@qa", "TARGETS", "provider:echo")} <= edges


async def test_moving_to_another_provider_replaces_the_edge(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    # when
    await save_environment(
        platform.change(), EnvironmentSpec(project_id="shop", name="dev", provider="kubernetes"), saving=Saving.UPDATE
    )
    # then
    nodes, edges = await platform.picture()
    assert nodes["shop@dev"] == 2
    assert {edge for edge in edges if edge[1] == "TARGETS"} == {("shop@dev", "TARGETS", "provider:kubernetes")}


async def test_an_unknown_provider_is_refused_and_nothing_is_created(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    before = await platform.picture()
    spec = EnvironmentSpec(project_id="shop", name="qa", stage=Stage.STAGING, namespace="qa", provider="nomad")
    # when
    with pytest.raises(NotFound) as refused:
        await save_environment(platform.change(), spec, saving=Saving.CREATE)
    # then
    assert (refused.value.message, refused.value.field) == ("shop@qa: there is no provider nomad", "provider")
    assert await platform.picture() == before


async def test_environments_that_promote_in_a_circle_are_refused(platform: Platform) -> None:
    # given
    await platform.apply(
        *SHOP, environment("staging", promotes_to="production"), environment("production", stage="production")
    )
    before = await platform.picture()
    # when
    with pytest.raises(InvalidInput) as refused:
        await save_environment(
            platform.change(),
            EnvironmentSpec(project_id="shop", name="production", promotes_to="shop@staging"),
            saving=Saving.UPDATE,
        )
    # then
    assert refused.value.message == (
        "environments promote in a circle: shop@production -> shop@staging -> shop@production"
    )
    assert await platform.picture() == before


async def test_an_environment_others_promote_to_is_not_deleted(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, environment("staging", promotes_to="dev"))
    before = await platform.picture()
    # when
    with pytest.raises(ImpactRequired) as refused:
        await declared.delete(platform.change(), "Environment", id="shop@dev")
    # then
    assert refused.value.dependents == ("shop@staging",)
    assert await platform.picture() == before


async def test_an_application_without_its_project_is_refused(platform: Platform) -> None:
    # when
    with pytest.raises(NotFound) as refused:
        await declared.create(platform.change(), "Application", name="boutique", parent_id="nowhere", values={})
    # then
    assert (refused.value.message, refused.value.field) == ("there is no Project nowhere", "parent")
    assert await platform.events() == []


async def test_deleting_an_application_takes_its_services_and_versions_along(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"), service("web", needs=["cart"]))
    # when
    await declared.delete(platform.change(), "Application", id="shop/boutique")
    # then
    nodes, _ = await platform.picture()
    assert [id for id in nodes if id.startswith("shop/")] == []
    assert "shop" in nodes


async def test_an_application_whose_service_is_needed_elsewhere_is_not_deleted(platform: Platform) -> None:
    # given
    await platform.apply(
        *SHOP,
        application("billing"),
        service("cart"),
        service("invoice", application="billing", needs=["boutique/cart"]),
    )
    before = await platform.picture()
    # when
    with pytest.raises(ImpactRequired) as refused:
        await declared.delete(platform.change(), "Application", id="shop/boutique")
    # then
    assert refused.value.message == (
        "shop/billing/invoice depends on Application shop/boutique: look at the impact of deleting it, and present its "
        "digest"
    )
    assert await platform.picture() == before


async def test_a_namespace_stays_while_something_is_deployed_in_it(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    spec = EnvironmentSpec(project_id="shop", name="dev", namespace="elsewhere")
    await platform.graph.define(
        f"MATCH (e:Environment {{tenant: '{platform.tenant}', id: 'shop@dev'}}) "
        f"CREATE (d:Deployment:Entity {{tenant: '{platform.tenant}', id: 'shop/boutique/cart@dev', version: 1}}) "
        "CREATE (d)-[:IN]->(e)"
    )
    before = await platform.picture()
    # when
    with pytest.raises(InUse) as refused:
        await save_environment(platform.change(), spec, saving=Saving.UPDATE)
    # then
    assert refused.value.message == (
        "shop/boutique/cart@dev is deployed in namespace shop-dev: "
        "remove what runs in shop@dev before it moves to another"
    )
    assert (refused.value.dependents, refused.value.field) == (("shop/boutique/cart@dev",), "namespace")
    assert await platform.picture() == before


async def test_an_empty_environment_moves_to_another_namespace(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    # when
    spec = EnvironmentSpec(project_id="shop", name="dev", namespace="elsewhere")
    await save_environment(platform.change(), spec, saving=Saving.UPDATE)
    # then
    nodes, _ = await platform.picture()
    assert nodes["shop@dev"] == 2
