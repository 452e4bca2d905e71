"""Numbers without gaps, one chain, whoever leads and whatever dies."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

from redis.asyncio import Redis

from app.domain.event_chain import GENESIS, verify
from app.event_stream import EventStream
from tests.events.world import World, draft, until


async def test_fifty_writers_get_numbers_without_gaps(world: World) -> None:
    # given
    async def writer(number: int) -> list[str]:
        return [await world.write(*(draft(number) for _ in range(5))) for _ in range(4)]

    # when
    async with world.running():
        change_sets = await asyncio.gather(*(writer(number) for number in range(50)))
        await world.reaches(1000)

    # then
    events = await world.log()
    assert [event.seq for event in events] == list(range(1, 1001))
    assert verify(events, end=await world.end()) is None
    assert {event.change_set for event in events} == {one for many in change_sets for one in many}


async def test_the_events_of_a_change_are_numbered_in_the_order_they_were_recorded(world: World) -> None:
    # given
    async def writer(number: int) -> None:
        for _ in range(10):
            await world.write(*(replace(draft(number), subject_version=version) for version in range(1, 9)))

    # when
    async with world.running():
        await asyncio.gather(*(writer(number) for number in range(20)))
        await world.reaches(1600)

    # then
    versions: dict[str, list[int]] = {}
    for event in await world.log():
        versions.setdefault(event.change_set, []).append(event.subject_version)
    assert len(versions) == 200
    assert [found for found in versions.values() if found != [1, 2, 3, 4, 5, 6, 7, 8]] == []


async def test_a_writers_changes_are_numbered_in_the_order_of_their_commits(world: World) -> None:
    # given
    async def writer(number: int) -> list[str]:
        return [await world.write(draft(number)) for _ in range(20)]

    # when
    async with world.running():
        committed = await asyncio.gather(*(writer(number) for number in range(10)))
        await world.reaches(200)

    # then
    place = {event.change_set: event.seq for event in await world.log()}
    assert [one for many in committed for one, after in pairwise(many) if place[one] > place[after]] == []


async def test_an_event_is_whole(world: World) -> None:
    # given
    asked = replace(draft(7), environment_id="shop@production", data={"before": None, "after": {"name": "s7"}})

    # when
    change_set = await world.write(asked)
    batch = await world.candidate("a").number(world.tenant)

    # then
    assert batch is not None
    assert batch.more is False
    [event] = await world.log()
    assert batch.events == (event,)
    assert (event.tenant, event.seq, event.type, event.category, event.level) == (
        *(world.tenant, 1, "service.created", "graph", "info"),
    )
    assert (event.subject, event.subject_label, event.subject_version) == ("shop/boutique/s7", "Service", 1)
    assert (event.actor, event.correlation_id, event.change_set) == ("user:admin", "request-1", change_set)
    assert (event.application_id, event.environment_id) == ("shop/boutique", "shop@production")
    assert (event.message, event.data) == ("service s7 was created", '{"before":null,"after":{"name":"s7"}}')
    assert event.previous_hash == GENESIS.hash
    assert event.at.tzinfo is not None


async def test_a_large_backlog_is_numbered_in_bounded_batches(world: World) -> None:
    # given
    for _ in range(3):
        await world.write(*(draft(number) for number in range(400)), ring=False)
    candidate = world.candidate("a")

    # when
    sizes = []
    while (batch := await candidate.number(world.tenant)) is not None:
        sizes.append((len(batch.events), batch.more))

    # then
    assert sizes == [(500, True), (500, True), (200, False)]
    assert verify(await world.log(), end=await world.end()) is None


async def test_two_candidates_never_give_the_same_number(world: World) -> None:
    # given
    async def writer(number: int) -> None:
        for _ in range(20):
            await world.write(draft(number))

    # when
    async with world.running(world.candidate("a", lease=0.001), world.candidate("b", lease=0.001)):
        await asyncio.gather(*(writer(number) for number in range(10)))
        await world.reaches(200)

    # then
    events = await world.log()
    assert [event.seq for event in events] == list(range(1, 201))
    assert verify(events, end=await world.end()) is None


async def test_of_candidates_that_ask_at_once_one_leads(world: World) -> None:
    # given
    await world.write(ring=False)
    candidates = [world.candidate(f"c{number}") for number in range(10)]

    # when
    batches = await asyncio.gather(*(candidate.number(world.tenant) for candidate in candidates))

    # then
    assert [batch.fence for batch in batches if batch is not None] == [1]
    assert (await world.end()).seq == 1


async def test_a_leader_that_was_stalled_past_its_lease_writes_nothing(world: World) -> None:
    # given
    stalled, other = world.candidate("stalled", lease=3600), world.candidate("other", lease=3600)
    await world.write(ring=False)
    first = await stalled.number(world.tenant)
    assert first is not None
    await world.expire_lease()
    await world.write(ring=False)
    second = await other.number(world.tenant)
    assert second is not None
    await world.write(ring=False)

    # when
    late = await stalled.number(world.tenant)
    forced = await world.graph.write(
        "events/number_events",
        world.tenant,
        owner=f"stalled-{world.tenant}",
        fence=first.fence,
        entries=[{"id": (await world.pending())[0], "seq": 3, "hash": "0", "previous_hash": "0"}],
        seq=3,
        head="0",
    )

    # then
    assert (first.fence, second.fence, late) == (1, 2, None)
    assert forced == [{"numbered": 0}]
    assert len(await world.pending()) == 1
    assert (await world.end()).seq == 2
    assert verify(await world.log(), end=await world.end()) is None


async def test_a_follower_takes_over_when_the_leader_is_gone(world: World) -> None:
    # given
    dead = world.candidate("dead", lease=0.3)
    await world.write(ring=False)
    assert await dead.number(world.tenant) is not None

    # when
    async with world.running(world.candidate("heir", poll=0.1)):
        await world.write()
        await world.reaches(2)

    # then
    assert verify(await world.log(), end=await world.end()) is None


async def test_a_leader_that_stops_in_order_is_followed_without_waiting_for_its_lease(world: World) -> None:
    # given
    async with world.running(world.candidate("first", lease=3600)):
        await world.write()
        await world.reaches(1)
    await world.write(ring=False)

    # when
    batch = await world.candidate("second").number(world.tenant)

    # then
    assert batch is not None
    assert batch.fence == 2


async def test_a_crash_between_commit_and_stream_leaves_nothing_out(world: World) -> None:
    # given
    crashed = world.candidate("crashed", lease=0.001)
    for _ in range(3):
        await world.write(ring=False)
        assert await crashed.number(world.tenant) is not None
    assert await world.stream_ids() == []

    # when
    async with world.running(world.candidate("next", poll=0.1)):
        await until(lambda: world.stream_holds(3))

    # then
    assert await world.stream_ids() == [1, 2, 3]


async def test_what_the_stream_lacks_is_added_before_the_next_event(world: World) -> None:
    # given
    candidate = world.candidate("a")
    await world.write(draft(1), draft(2), ring=False)
    await candidate.number(world.tenant)
    await world.write(draft(3), ring=False)
    batch = await candidate.number(world.tenant)
    assert batch is not None

    # when
    await candidate.publish(world.tenant, batch.events)
    await candidate.publish(world.tenant, batch.events)

    # then
    assert await world.stream_ids() == [1, 2, 3]


async def test_an_emptied_redis_gets_the_end_of_the_log_back(world: World) -> None:
    # given
    async with world.running(world.candidate("a", poll=0.1)):
        await world.write(*(draft(number) for number in range(20)))
        await until(lambda: world.stream_holds(20))

        # when
        await world.redis.delete(world.key)
        await until(lambda: world.stream_holds(20))
        await world.write()
        await until(lambda: world.stream_holds(21))

    # then
    assert await world.stream_ids() == list(range(1, 22))


async def test_a_stream_of_another_log_is_replaced(world: World) -> None:
    # given
    await world.redis.xadd(world.key, {"event": "{}"}, id="77-0")
    await world.write(ring=False)

    # when
    async with world.running(world.candidate("a", poll=0.1)):
        await until(lambda: world.stream_ends_at(1))

    # then
    assert await world.stream_ids() == [1]


async def test_the_stream_is_bounded(world: World, redis: Redis) -> None:
    # given
    stream = EventStream(redis, bound=100)
    candidate = world.candidate("a")
    await world.write(*(draft(number) for number in range(500)), ring=False)
    batch = await candidate.number(world.tenant)
    assert batch is not None

    # when
    await stream.append(world.tenant, batch.events)

    # then
    kept = await world.stream_ids()
    assert 100 <= len(kept) <= 200
    assert kept[-1] == 500


async def test_a_tenant_that_nobody_rang_for_is_found(world: World) -> None:
    # given
    async with world.running(world.candidate("a", poll=0.1)):
        # when
        await world.write(ring=False)
        await world.reaches(1)

    # then
    assert [event.seq for event in await world.log()] == [1]


async def test_nothing_is_written_where_nothing_waits(world: World) -> None:
    # given
    candidate = world.candidate("a")

    # when
    batch = await candidate.number(world.tenant)

    # then
    assert batch is None
    assert await world.nodes() == {"Tenant": 1}
