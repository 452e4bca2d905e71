"""Projects: created, changed, deleted; and everything that is refused changes nothing."""

from __future__ import annotations

import pytest

from app.domain import declared
from app.domain.access import Role
from app.errors import Conflict, Forbidden, InUse, InvalidInput, NotFound
from tests.platform import Platform, application, environment, project


async def test_a_project_is_created_with_its_owner_and_an_event(platform: Platform) -> None:
    # when
    created = await declared.create(platform.change(), "Project", name="shop", values={"description": "A shop"})
    # then
    nodes, edges = await platform.picture()
    assert created == "shop"
    assert nodes["shop"] == 1
    assert ("team:platform", "OWNS", "shop") in edges
    [event] = await platform.events()
    assert (event["type"], event["subject"], event["version"]) == ("project.created", "shop", 1)
    assert (event["actor"], event["correlation_id"]) == ("user:admin", "request-1")
    assert event["data"] == '{"before":null,"after":{"description":"A shop"}}'
    assert platform.doorbell.rung == [platform.tenant]


async def test_a_second_project_of_the_same_name_is_refused(platform: Platform) -> None:
    # given
    await platform.apply(project())
    before, events = await platform.picture(), await platform.events()
    # when
    with pytest.raises(Conflict) as refused:
        await declared.create(platform.change(), "Project", name="shop", values={})
    # then
    assert (refused.value.message, refused.value.field) == ("Project shop exists already", "name")
    assert (await platform.picture(), await platform.events()) == (before, events)


@pytest.mark.parametrize("name", ["", "Shop", "-shop", "shop-", "a/b", "a" * 64, "shop@dev", "ä"])
async def test_a_name_that_is_no_dns_label_is_refused(platform: Platform, name: str) -> None:
    # when
    with pytest.raises(InvalidInput) as refused:
        await declared.create(platform.change(), "Project", name=name, values={})
    # then
    assert refused.value.field == "name"
    assert await platform.events() == []


async def test_an_update_raises_the_version_and_tells_before_and_after(platform: Platform) -> None:
    # given
    await declared.create(platform.change(), "Project", name="shop", values={"description": "old"})
    # when
    await declared.update(platform.change(), "Project", id="shop", values={"description": "new"}, expected_version=1)
    # then
    nodes, _ = await platform.picture()
    assert nodes["shop"] == 2
    assert (await platform.events())[-1]["data"] == '{"before":{"description":"old"},"after":{"description":"new"}}'


async def test_an_update_that_changes_nothing_leaves_version_and_log_alone(platform: Platform) -> None:
    # given
    await declared.create(platform.change(), "Project", name="shop", values={"description": "same"})
    events = await platform.events()
    # when
    await declared.update(platform.change(), "Project", id="shop", values={"description": "same"})
    # then
    nodes, _ = await platform.picture()
    assert nodes["shop"] == 1
    assert await platform.events() == events


async def test_an_update_at_another_version_is_refused(platform: Platform) -> None:
    # given
    await platform.apply(project())
    before = await platform.picture()
    # when
    with pytest.raises(Conflict) as refused:
        await declared.update(platform.change(), "Project", id="shop", values={"description": "x"}, expected_version=7)
    # then
    assert refused.value.message == "Project shop is at version 1, not 7"
    assert refused.value.field == "expectedVersion"
    assert await platform.picture() == before


async def test_an_update_of_an_unknown_project_is_refused(platform: Platform) -> None:
    # when
    with pytest.raises(NotFound) as refused:
        await declared.update(platform.change(), "Project", id="nowhere", values={"description": "x"})
    # then
    assert (refused.value.message, refused.value.field) == ("there is no Project nowhere", "id")
    assert await platform.events() == []


async def test_an_empty_project_is_deleted(platform: Platform) -> None:
    # given
    await platform.apply(project())
    # when
    assert await declared.delete(platform.change(), "Project", id="shop") == "shop"
    # then
    nodes, _ = await platform.picture()
    assert "shop" not in nodes
    assert (await platform.events())[-1]["type"] == "project.deleted"


async def test_a_project_that_holds_something_is_not_deleted(platform: Platform) -> None:
    # given
    await platform.apply(project(), environment("dev"), application())
    before, events = await platform.picture(), await platform.events()
    # when
    with pytest.raises(InUse) as refused:
        await declared.delete(platform.change(), "Project", id="shop")
    # then
    assert refused.value.message == "Project shop is in use by Application shop/boutique, Environment shop@dev"
    assert refused.value.dependents == ("shop/boutique", "shop@dev")
    assert (await platform.picture(), await platform.events()) == (before, events)


async def test_a_viewer_may_not_change_anything(platform: Platform) -> None:
    # when
    with pytest.raises(Forbidden) as refused:
        await declared.create(platform.change(role=Role.VIEWER), "Project", name="shop", values={})
    # then
    assert refused.value.message == "viewer (viewer) may not change"
    assert await platform.events() == []
