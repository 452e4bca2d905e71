"""Nodes of declared kinds: repeated requests, cascades, rules; and a refusal changes nothing."""

from __future__ import annotations

import asyncio

import pytest

from app.domain import declared
from app.domain.access import Role
from app.domain.changes import Saving, save
from app.errors import Conflict, Forbidden, ImpactRequired, InvalidInput, NotFound
from app.graph_observer import counting
from app.transactions import Transaction
from tests.platform import SHOP, Platform, application, environment, project, service


async def test_a_repeat_with_the_same_key_is_answered_once(platform: Platform) -> None:
    # given a request with a key
    async def ask() -> str:
        return await declared.create(platform.change(), "Project", name="shop", values={}, idempotency_key="k")

    # when it comes six times at once, and once more
    answers = await asyncio.gather(*(ask() for _ in range(6)))
    again = await ask()
    # then it was carried out once
    assert {*answers, again} == {"shop"}
    assert [event["type"] for event in await platform.events()] == ["project.created"]


async def test_a_key_is_not_taken_for_another_request(platform: Platform) -> None:
    # given a request that was answered
    await declared.create(platform.change(), "Project", name="shop", values={}, idempotency_key="k")
    before, events = await platform.picture(), await platform.events()
    # when its key comes with another
    with pytest.raises(Conflict) as refused:
        await declared.create(platform.change(), "Project", name="other", values={}, idempotency_key="k")
    # then that is refused
    assert refused.value.field == "idempotencyKey"
    assert (await platform.picture(), await platform.events()) == (before, events)


async def test_a_viewer_is_not_told_what_a_key_answered(platform: Platform) -> None:
    # when
    with pytest.raises(Forbidden):
        await declared.delete(platform.change(role=Role.VIEWER), "Project", id="shop", idempotency_key="k")
    # then
    assert await platform.events() == []


async def test_a_deletion_goes_as_deep_as_the_declarations_say(platform: Platform) -> None:
    # given an application whose services have versions, some of them old
    await platform.apply(*SHOP, service("cart"), service("web", needs=["cart"]))
    await platform.apply(service("cart", image="example/cart:v2"))
    # when it is deleted
    with counting() as ran:
        await declared.delete(platform.change(), "Application", id="shop/boutique")
    # then services and versions are gone, a statement a level, whatever their number
    nodes, edges = await platform.picture()
    assert {id for id in nodes if id.startswith("shop")} == {"shop", "shop@dev"}
    assert [edge for edge in edges if "shop/" in edge[0] + edge[2]] == []
    assert [event["type"] for event in await platform.events()][-1] == "application.deleted"
    assert ran.count("declared/delete_nodes") == 1


async def test_what_is_deleted_together_does_not_keep_each_other(platform: Platform) -> None:
    # given two services of an application, one of which needs the other, and a third elsewhere
    await platform.apply(*SHOP, application("other"), service("a"), service("b", needs=["a"]))
    await platform.apply(service("c", application="other", needs=["boutique/b"]))
    before, events = await platform.picture(), await platform.events()
    # when the application is deleted while the third needs it, and again once that is gone
    with pytest.raises(ImpactRequired) as refused:
        await declared.delete(platform.change(), "Application", id="shop/boutique")
    unchanged = (await platform.picture(), await platform.events()) == (before, events)
    await declared.delete(platform.change(), "Application", id="shop/other")
    await declared.delete(platform.change(), "Application", id="shop/boutique")
    # then only what stays has kept it
    assert refused.value.dependents == ("shop/other/c",)
    assert unchanged
    assert {id for id in (await platform.picture())[0] if id.startswith("shop/")} == set()


async def test_ten_nodes_take_as_many_statements_as_one(platform: Platform) -> None:
    # given a project
    await platform.apply(project())
    change = platform.change()

    async def put(names: list[str]) -> list[str]:
        kind = change.kinds["Application"]
        wanted = [declared.new(kind, name=name, parent_id="shop", values={"description": name}) for name in names]

        async def work(transaction: Transaction) -> None:
            await save(change, transaction, "Application", wanted=wanted, saving=Saving.UPSERT)

        with counting() as ran:
            await change.commit("put", work)
        return ran

    # when one application is saved, and ten
    one, ten = await put(["a"]), await put([f"b{number}" for number in range(10)])
    # then it takes the same statements
    assert one == ten


async def test_a_value_that_is_needed_cannot_be_taken_away(platform: Platform) -> None:
    # given
    await platform.apply(project(), environment("dev"))
    before, events = await platform.picture(), await platform.events()
    # when
    with pytest.raises(InvalidInput) as refused:
        await declared.update(platform.change(), "Environment", id="shop@dev", values={"stage": None})
    # then
    assert refused.value.field == "stage"
    assert (await platform.picture(), await platform.events()) == (before, events)


async def test_an_edge_is_moved_and_taken_away(platform: Platform) -> None:
    # given an environment that promotes to another
    await platform.apply(project(), environment("a", promotes_to="b"), environment("b"), environment("c"))
    # when the edge is moved, and taken away
    await declared.update(platform.change(), "Environment", id="shop@a", values={"promotes_to": "shop@c"})
    moved = {edge for edge in (await platform.picture())[1] if edge[1] == "PROMOTES_TO"}
    await declared.update(platform.change(), "Environment", id="shop@a", values={"promotes_to": None})
    nodes, edges = await platform.picture()
    # then it leads there, then nowhere
    assert moved == {("shop@a", "PROMOTES_TO", "shop@c")}
    assert [edge for edge in edges if edge[1] == "PROMOTES_TO"] == []
    assert nodes["shop@a"] == 3


async def test_an_edge_leads_to_a_node_of_its_own_kind_only(platform: Platform) -> None:
    # given an id of another kind
    await platform.apply(*SHOP)
    before, events = await platform.picture(), await platform.events()
    # when an edge is to lead there
    with pytest.raises(NotFound) as refused:
        await declared.update(platform.change(), "Environment", id="shop@dev", values={"promotes_to": "shop/boutique"})
    # then it is refused
    assert refused.value.message == "shop@dev: there is no promotes to shop/boutique"
    assert (await platform.picture(), await platform.events()) == (before, events)
