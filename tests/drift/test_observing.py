"""What others change at a target is found within an interval, told once, and never guessed."""

from __future__ import annotations

import asyncio
from datetime import datetime

import orjson

from app.broker import connect
from app.domain.access import Actor, Role
from app.domain.drift_control import observe_drift
from app.domain.plan_changes import MASKED
from app.domain.plans import create_plan
from app.ports import SystemClock
from app.response_cache import ResponseCache
from app.sequencer import Sequencer
from tests.drift.outside import Outside
from tests.http.caller import Caller
from tests.runs.deploying import APPLICATION, ENVIRONMENT, eventually
from workers.deadlines import cancelled
from workers.drift import INTERVAL, Outcome
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


async def test_a_worker_leaves_an_environment_whose_provider_it_has_not_to_others(outside: Outside) -> None:
    # given an environment that is due, and a worker that has another provider
    await outside.deployed("cart")
    outside.provider.seen["cart"] = {"replicas": "5"}
    outside.clock.advance(300)
    stranger = outside.looking(name="kubernetes")
    # when it comes first
    looked = await stranger.look(outside.tenant), await outside.loop.look(outside.tenant)
    # then it takes nothing, and the other has not to wait
    assert (looked, list(await outside.drift()), outside.counted) == ((0, 1), ["cart"], [Outcome.DRIFTED])


async def test_a_loop_that_is_nudged_looks_at_once(outside: Outside) -> None:
    # given a loop that has looked and waits for its next time, and somebody who has asked since
    await outside.deployed("cart")
    looping = asyncio.create_task(outside.loop.run())
    await eventually(lambda: outside.clock.sleeping(INTERVAL) == 1)
    outside.provider.seen["cart"] = {"replicas": "5"}
    await observe_drift(outside.deploying.platform.change(), outside.deploying.queue, environment_id=ENVIRONMENT)
    asked = len(outside.provider.asked)
    # when no time passes
    outside.loop.nudge()
    # then
    await eventually(lambda: outside.clock.sleeping(INTERVAL) == 1 and len(outside.provider.asked) > asked)
    assert (list(await outside.drift()), outside.clock.monotonic()) == (["cart"], 0)
    assert "environment.drift.observed" in [one["type"] for one in await outside.deploying.platform.events()]
    await cancelled(looping)


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


async def test_whoever_asks_sees_when_it_was_last_looked_at(outside: Outside, redis_url: str) -> None:
    # given a large answer that was asked for twice, while everything that was told has its number
    await outside.deployed("cart")
    await outside.later()
    platform, numbered = outside.deploying.platform, None
    async with connect(redis_url) as redis:
        sequencer = Sequencer(platform.graph, redis, SystemClock(), owner="test", tenants=[outside.tenant])
        while numbered is None or numbered.more:
            numbered = await sequencer.number(outside.tenant)
    responses = ResponseCache(platform.graph, SystemClock(), megabytes=1)
    caller = Caller(platform, Actor("user:viewer", outside.tenant, "viewer", Role.VIEWER), responses=responses)
    query = "{ services(first: 100) { nodes { deployments(first: 50) { nodes { observedAt status } } } } }"
    before = [await caller.ask(query) for _ in range(2)]
    # when a look finds nothing new, so that nothing is told
    events = await platform.events()
    await outside.later()
    assert await platform.events() == events
    # then the answer has the time of the look all the same
    after = (await caller.ask(query)).json()["data"]["services"]["nodes"][0]["deployments"]["nodes"][0]
    assert before[0].content == before[1].content
    assert datetime.fromisoformat(after["observedAt"]) == outside.clock.now()
