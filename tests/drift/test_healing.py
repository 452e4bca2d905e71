"""Where an environment says so, what has drifted is put back without being asked, under the rules for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from app.domain import declared
from app.domain.access import Action, Role
from app.domain.healing import pause
from app.domain.plan_approval import decide
from app.domain.plan_steps import PlanApproval
from app.domain.policies.freezing import FreezeSpec, create_freeze
from tests.drift.outside import Outside
from tests.plans.approving import acting, hire, plan_of, wanting_approval
from tests.platform import environment
from tests.runs.deploying import APPLICATION, ENVIRONMENT, RecordingQueue


async def ruled(outside: Outside, **drift: JsonValue) -> None:
    """Let the environment say that about drift."""
    manifest = environment("dev")
    manifest["spec"] = {"stage": "development", "drift": drift}
    await outside.deploying.platform.apply(manifest)


def healed(outside: Outside) -> list[str]:
    """The runs that were asked for."""
    queue = outside.deploying.queue
    assert isinstance(queue, RecordingQueue)
    return [run for _, run, _ in queue.rung]


async def told(outside: Outside) -> list[str]:
    """The events about healing."""
    events = await outside.deploying.platform.events()
    return [str(one["type"]) for one in events if str(one["type"]).startswith("application.drift.")]


@pytest.mark.parametrize(("heals", "minutes"), [(1, 1), (2, 2), (3, 4), (7, 60), (1000, 60)])
def test_what_comes_back_is_put_back_less_and_less_often(heals: int, minutes: int) -> None:
    # then
    assert pause(heals) == timedelta(minutes=minutes)


async def test_what_has_drifted_is_put_back_and_not_at_once_again(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    await ruled(outside, everySeconds=20, heal=True)
    first = healed(outside)
    outside.provider.seen["cart"] = {"replicas": "5"}
    # when
    await outside.later()
    # then
    [run] = [one for one in healed(outside) if one not in first]
    assert (await outside.deploying.run(run))["created_by"] == "system:drift"
    worker = outside.deploying.worker(provider=outside.provider)
    await worker.execute(run)
    assert await outside.drift() == {}
    # when somebody changes it again and again, then it is looked at each time, and put back after a minute
    outside.clock.advance(20)
    await outside.loop.look(outside.tenant)
    assert (list(await outside.drift()), len(healed(outside))) == (["cart"], len(first) + 1)
    outside.clock.advance(60)
    await outside.loop.look(outside.tenant)
    assert len(healed(outside)) == len(first) + 2
    assert await told(outside) == ["application.drift.healing"] * 2


async def test_a_plan_that_needs_an_approval_waits_for_it_and_says_so_once(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    await ruled(outside, heal=True)
    platform, before = outside.deploying.platform, healed(outside)
    await hire(platform, "lead", Role.ADMIN)
    outside.provider.seen["cart"] = {"replicas": "5"}
    with wanting_approval(ENVIRONMENT):
        # when
        await outside.later()
        await outside.later()
        # then
        assert (healed(outside), await told(outside)) == (before, ["application.drift.waiting"])
        rows = await platform.graph.define(
            f"MATCH (p:Plan {{tenant: '{outside.tenant}', created_by: 'system:drift'}}) RETURN p.id AS id"
        )
        [plan_id] = [str(row["id"]) for row in rows]
        # when somebody agrees
        digest = str((await plan_of(platform, plan_id))["digest"])
        await decide(acting(platform, "lead"), plan_id=plan_id, digest=digest, verdict=PlanApproval.GRANTED, comment="")
        await outside.later()
    # then that plan is carried out
    [run] = [one for one in healed(outside) if one not in before]
    assert (await outside.deploying.run(run))["plan_id"] == plan_id


async def test_in_a_freeze_nothing_is_put_back_and_after_it_it_is(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    await ruled(outside, heal=True)
    platform, now, before = outside.deploying.platform, datetime.now(UTC), healed(outside)
    spec = FreezeSpec(
        "sale", "the sale", now - timedelta(hours=1), now + timedelta(hours=1), environments=(ENVIRONMENT,)
    )
    freeze = await create_freeze(platform.change(), spec)
    outside.provider.seen["cart"] = {"replicas": "5"}
    # when
    await outside.later()
    # then it is found and told, and nothing is begun
    assert (list(await outside.drift()), healed(outside)) == (["cart"], before)
    [refused] = [one for one in await platform.events() if one["type"] == "application.drift.refused"]
    assert refused["subject"] == APPLICATION
    runs = await platform.graph.define(
        f"MATCH (r:Run {{tenant: '{outside.tenant}', created_by: 'system:drift'}}) RETURN r.state AS state"
    )
    assert runs == [{"state": "denied"}]
    # when the freeze is over
    await declared.delete(platform.change(), "Freeze", id=freeze, action=Action.ADMINISTER)
    await outside.later()
    # then
    assert (len(healed(outside)), await told(outside)) == (
        len(before) + 1,
        ["application.drift.refused", "application.drift.healing"],
    )


async def test_an_ignored_field_is_no_drift_and_nothing_is_healed_unasked(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    await ruled(outside, ignore=["replicas", "environment.*"])
    before = healed(outside)
    # when
    outside.provider.seen["cart"] = {"replicas": "5", "environment.MODE": "loud"}
    await outside.later()
    # then
    assert (await outside.drift(), await outside.told()) == ({}, [])
    outside.provider.seen["cart"] = {"replicas": "5", "image": "example/cart:hacked"}
    await outside.later()
    assert {name: [field for field, *_ in fields] for name, fields in (await outside.drift()).items()} == {
        "cart": ["image"]
    }
    assert healed(outside) == before


async def test_an_environment_says_how_often_it_is_looked_at(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    await ruled(outside, everySeconds=20)
    await outside.loop.look(outside.tenant)
    # when
    looked = []
    for seconds in (19, 1, 20):
        outside.clock.advance(seconds)
        looked.append(await outside.loop.look(outside.tenant))
    # then
    assert looked == [0, 1, 1]
    await ruled(outside, everySeconds=0)
    assert await outside.later() == 0
