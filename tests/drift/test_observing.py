"""What others change at a target is found within an interval, told once, and never guessed."""

from __future__ import annotations

import asyncio

import orjson

from app.domain.plan_changes import MASKED
from app.domain.plans import create_plan
from tests.drift.outside import Outside
from tests.runs.deploying import APPLICATION, ENVIRONMENT
from workers.drift import Outcome
from workers.providers.echo import EchoProvider

CART = f"{APPLICATION}/cart@dev"


async def test_what_others_change_is_found_within_an_interval_and_told_once(outside: Outside) -> None:
    # given
    await outside.deployed("cart", "redis")
    assert (await outside.later(), await outside.drift(), await outside.told()) == (1, {}, [])
    # when somebody changes a field and a variable
    outside.provider.seen["cart"] = {"replicas": "5", "environment.MODE": "loud", "environment.MORE": "hunter2"}
    assert await outside.later() == 1
    # then
    assert await outside.drift() == {
        "cart": [
            ("environment.MODE", MASKED, MASKED),
            ("environment.MORE", None, MASKED),
            ("replicas", "1", "5"),
        ]
    }
    assert await outside.told() == [("deployment.drifted", CART)]
    # and it is not told again while nothing changes, also where it is changed back
    assert await outside.later() == 1
    outside.provider.seen.clear()
    assert len(await outside.told()) == 1
    assert await outside.later() == 1
    assert (await outside.drift(), (await outside.told())[1:]) == ({}, [("deployment.drift.cleared", CART)])
    # and no value of a variable is told
    for event in await outside.deploying.platform.events():
        assert not {"loud", "hunter2"} & set(str(event["data"]).split('"'))


async def test_what_is_gone_is_planned_and_deployed_again(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    outside.provider.gone.add("cart")
    await outside.later()
    assert [(name, seen) for name, _, seen in (await outside.drift())["cart"] if name == "image"] == [("image", None)]
    # when
    planned = await create_plan(
        outside.deploying.platform.change(), application_id=APPLICATION, environment_id=ENVIRONMENT
    )
    [step] = planned.proposal.steps
    # then it is an update that sets everything
    assert (step.action, {one.before for one in step.changes}) == ("update", {None})
    # and once that has succeeded, nothing is left of it
    await outside.run()
    assert await outside.drift() == {}


async def test_one_of_several_workers_looks_and_only_when_it_is_time(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    loops = [outside.loop, *(outside.looking() for _ in range(2))]
    # when
    looked = await asyncio.gather(*(loop.look(outside.tenant) for loop in loops))
    # then
    assert (sum(looked), outside.provider.asked.count("cart")) == (1, 1)
    outside.clock.advance(299)
    assert await outside.loop.look(outside.tenant) == 0


async def test_a_target_that_does_not_answer_is_no_drift(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    outside.provider.gone.add("cart")
    outside.provider.away = True
    # when
    await outside.later()
    # then it is asked again at the next time
    assert (await outside.drift(), await outside.told(), outside.counted) == ({}, [], [Outcome.UNAVAILABLE])
    outside.provider.away = False
    await outside.later()
    assert list(await outside.drift()) == ["cart"]


async def test_a_provider_that_cannot_tell_finds_nothing(outside: Outside) -> None:
    # given an echo that has applied nothing, and one that has applied what another worker has replaced since
    await outside.deployed("cart")
    stranger, late = EchoProvider(outside.clock), outside.provider
    outside.provider = type(late)(outside.clock)
    await outside.deploying.platform.graph.define(
        f"MATCH (d:Deployment {{tenant: '{outside.tenant}'}}) SET d.run_id = 'another', d.version = d.version + 1"
    )
    late.seen["cart"] = {"replicas": "5"}
    # when
    for provider in (stranger, late):
        await outside.looking(provider).look(outside.tenant)
        outside.clock.advance(300)
    # then
    assert (await outside.drift(), outside.counted) == ({}, [Outcome.UNKNOWN, Outcome.UNKNOWN])


async def test_what_a_run_is_changing_is_left_alone(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    outside.provider.seen["cart"] = {"replicas": "5"}
    graph, runs = outside.deploying.platform.graph, f"MATCH (r:Run {{tenant: '{outside.tenant}'}})"
    # when a run begins while the target is asked
    outside.provider.meanwhile = lambda: graph.define(f"{runs} SET r.state = 'queued'")
    await outside.later()
    # then what was seen may be its doing
    assert (await outside.drift(), outside.counted) == ({}, [Outcome.DRIFTED])
    # when it still waits, then nobody asks
    await outside.later()
    assert (await outside.drift(), outside.counted) == ({}, [Outcome.DRIFTED])
    # when it has ended
    await graph.define(f"{runs} SET r.state = 'succeeded'")
    await outside.later()
    # then
    assert list(await outside.drift()) == ["cart"]


async def test_a_plan_says_what_is_put_back(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    outside.provider.seen["cart"] = {"replicas": "5", "strategy": "Recreate"}
    await outside.later()
    # when
    planned = await create_plan(
        outside.deploying.platform.change(), application_id=APPLICATION, environment_id=ENVIRONMENT
    )
    # then
    [event] = [one for one in await outside.deploying.platform.events() if one["type"] == "deployment.drifted"]
    [changes] = [step.changes for step in planned.proposal.steps]
    assert [(one.field, one.before, one.after) for one in changes] == [
        ("replicas", "5", "1"),
        ("strategy", "Recreate", None),
    ]
    assert orjson.loads(str(event["data"]))["after"] == {"replicas": "5", "strategy": "Recreate"}
