"""Subscribers get exactly what they asked for, in order, whatever the stream and the other subscribers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.broker import connect
from app.domain.event_chain import Anchor, link, verify
from app.domain.event_filter import EVERYTHING, EventFilter
from app.domain.recorded_events import RecordedEvent
from app.event_hub import BEYOND_END, TOO_SLOW, EventHub, Gap
from app.event_stream import EventStream
from app.local.redis import RedisServer
from tests.events.world import World, draft, until
from tests.servers import own_redis

Items = AsyncGenerator[RecordedEvent | Gap, None]


@pytest.fixture
async def redis_server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A Redis that this test may stop."""
    server = own_redis(tmp_path / "redis")
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


async def take(items: Items, count: int, *, seconds: float = 20.0) -> list[RecordedEvent | Gap]:
    """The next `count` items."""
    async with asyncio.timeout(seconds):
        return [await anext(items) for _ in range(count)]


def numbers(items: list[RecordedEvent | Gap]) -> list[int]:
    """Their numbers; a gap shows as its cursor below zero."""
    return [item.seq if isinstance(item, RecordedEvent) else -item.cursor for item in items]


@asynccontextmanager
async def subscribed(
    hub: EventHub, tenant: str, after: int | None = None, wanted: EventFilter = EVERYTHING
) -> AsyncIterator[Items]:
    """A subscription that has been registered, and is closed at the end."""
    async with aclosing(hub.subscribe(tenant, after, wanted)) as items:
        yield items


async def numbered(world: World, count: int) -> None:
    """A log of so many events, numbered and on the stream."""
    before = (await world.end()).seq
    candidate = world.candidate("seed", lease=0.001)
    for start in range(0, count, 500):
        await world.write(*(draft(number) for number in range(min(500, count - start))), ring=False)
        batch = await candidate.number(world.tenant)
        assert batch is not None
        await candidate.publish(world.tenant, batch.events)
    assert (await world.end()).seq == before + count


async def test_who_asks_from_the_beginning_gets_everything_while_writers_go_on(world: World) -> None:
    # given
    await numbered(world, 2500)

    async def writer(number: int) -> None:
        for _ in range(20):
            await world.write(draft(number))

    # when
    async with world.running(), world.hub() as hub, subscribed(hub, world.tenant, 0) as items:
        writing = asyncio.gather(*(writer(number) for number in range(10)))
        got = await take(items, 2700, seconds=60)
        await writing

    # then
    assert numbers(got) == list(range(1, 2701))
    assert verify([item for item in got if isinstance(item, RecordedEvent)], end=await world.end()) is None


async def test_who_resumes_gets_what_follows_the_cursor(world: World) -> None:
    # given
    await numbered(world, 10)

    # when
    async with world.running(), world.hub() as hub, subscribed(hub, world.tenant, 7) as items:
        replayed = await take(items, 3)
        await world.write()
        live = await take(items, 1)

    # then
    assert numbers(replayed + live) == [8, 9, 10, 11]


async def test_who_asks_from_now_on_gets_what_comes(world: World) -> None:
    # given
    await numbered(world, 5)

    # when
    async with world.running(), world.hub() as hub, subscribed(hub, world.tenant) as items:
        first = asyncio.create_task(take(items, 2))
        await until(lambda: listening(hub, world))
        await world.write(draft(1), draft(2))

        # then
        assert numbers(await first) == [6, 7]


async def listening(hub: EventHub, world: World, count: int = 1) -> bool:
    """Whether the hub has that many subscriptions of the tenant."""
    return hub.subscribers(world.tenant) == count


async def test_many_subscribers_that_come_at_different_times_miss_nothing(world: World) -> None:
    # given
    async def follow(hub: EventHub, after: int) -> list[int]:
        async with subscribed(hub, world.tenant, after) as items:
            return numbers(await take(items, 120 - after, seconds=60))

    # when
    async with world.running(), world.hub() as hub:
        followers = []
        for number in range(60):
            await world.write(draft(number), draft(number))
            if number % 3 == 0:
                after = (await world.end()).seq // 2
                followers.append((after, asyncio.create_task(follow(hub, after))))
        got = [(after, await task) for after, task in followers]
        left = hub.subscribers()

    # then
    assert [found for after, found in got if found != list(range(after + 1, 121))] == []
    assert len(got) == 20
    assert left == 0


async def test_a_slow_subscriber_gets_a_gap_and_resumes_without_loss(world: World) -> None:
    # given
    async with world.running(), world.hub(queue=5) as hub:
        async with subscribed(hub, world.tenant, 0) as slow, subscribed(hub, world.tenant, 0) as quick:
            await world.write()
            await take(slow, 1)
            await take(quick, 1)

            # when
            for _ in range(10):
                await world.write()
                await take(quick, 1)
            got = await take(slow, 6)
            await world.write()
            after_gap = await take(slow, 1)
        gap = got[-1]
        assert isinstance(gap, Gap)
        async with subscribed(hub, world.tenant, gap.cursor) as resumed:
            rest = await take(resumed, 6)

    # then
    assert numbers(got) == [2, 3, 4, 5, 6, -6]
    assert gap.reason == TOO_SLOW
    assert numbers(after_gap) == [12]
    assert numbers(rest) == [7, 8, 9, 10, 11, 12]


async def test_a_slow_subscriber_slows_nobody_down(world: World) -> None:
    # given
    async with world.running(), world.hub(queue=5) as hub, subscribed(hub, world.tenant, 0) as slow:
        await world.write()
        await take(slow, 1)

        # when
        async with subscribed(hub, world.tenant, 0) as quick:
            got = await take(quick, 1)
            for _ in range(30):
                await world.write()
                got += await take(quick, 1)

    # then
    assert numbers(got) == list(range(1, 32))


async def test_a_cursor_beyond_the_log_is_answered_with_its_end(world: World) -> None:
    # given
    await numbered(world, 3)

    # when
    async with world.running(), world.hub() as hub, subscribed(hub, world.tenant, 99) as items:
        first = await take(items, 1)
        await world.write()
        then = await take(items, 1)

    # then
    assert first == [Gap(3, BEYOND_END)]
    assert numbers(then) == [4]


async def test_who_leaves_is_forgotten(world: World) -> None:
    # given
    async with world.running(), world.hub() as hub:
        async with subscribed(hub, world.tenant) as items:
            waiting = asyncio.create_task(take(items, 1))
            await until(lambda: listening(hub, world))

            # when
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

        # then
        assert hub.subscribers() == 0
        assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("event hub")] == []


async def test_the_hubs_end_ends_its_subscriptions(world: World) -> None:
    # given
    async with world.hub() as hub:
        items = hub.subscribe(world.tenant)
        waiting = asyncio.create_task(take(items, 1))
        await until(lambda: listening(hub, world))

    # when
    async with asyncio.timeout(5):
        [ended] = await asyncio.gather(waiting, return_exceptions=True)

    # then
    assert isinstance(ended, (StopAsyncIteration, RuntimeError))
    assert hub.subscribers() == 0


async def test_a_tenant_sees_its_own_events_only(world: World, redis: Redis) -> None:
    # given
    other = World(world.graph, redis, tenant=f"{world.tenant}-other")
    await other.open()
    try:
        async with (
            world.running(),
            other.running(),
            world.hub() as hub,
            subscribed(hub, world.tenant, 0) as ours,
            subscribed(hub, other.tenant, 0) as theirs,
        ):
            # when
            await other.write(replace(draft(1), message="theirs"))
            await world.write(replace(draft(1), message="ours"))
            got = [*await take(ours, 1), *await take(theirs, 1)]

        # then
        assert [(item.message, item.seq) for item in got if isinstance(item, RecordedEvent)] == [
            ("ours", 1),
            ("theirs", 1),
        ]
    finally:
        await other.close()


async def test_what_redis_forgot_comes_from_the_graph(world: World) -> None:
    # given
    async with world.hub() as hub, subscribed(hub, world.tenant, 0) as items:
        candidate = world.candidate("a")
        await numbered(world, 3)
        await take(items, 3)

        # when
        await world.write(draft(4), ring=False)
        lost = await candidate.number(world.tenant)
        await world.redis.delete(world.key)
        await world.write(draft(5), ring=False)
        kept = await candidate.number(world.tenant)
        assert lost is not None
        assert kept is not None
        await EventStream(world.redis).append(world.tenant, kept.events)
        got = await take(items, 2)

    # then
    assert numbers(got) == [4, 5]


async def test_an_event_that_someone_put_into_redis_is_not_delivered(world: World) -> None:
    # given
    await numbered(world, 2)
    [_, second] = await world.log()
    forged = replace(link([second], Anchor(second.seq, second.hash))[0], message="forged", hash="f" * 64)
    async with world.running(), world.hub() as hub, subscribed(hub, world.tenant, 0) as items:
        await take(items, 2)

        # when
        await EventStream(world.redis).append(world.tenant, [forged])
        await world.write(replace(draft(3), message="true"))
        [got] = await take(items, 1)

    # then
    assert isinstance(got, RecordedEvent)
    assert (got.seq, got.message) == (3, "true")


async def test_a_restart_of_redis_loses_nothing(world: World, redis_server: RedisServer) -> None:
    # given
    async with connect(redis_server.url) as redis:
        sequencer = world.candidate("a", redis=redis, poll=0.1)
        async with world.running(sequencer), world.hub(redis=redis) as hub, subscribed(hub, world.tenant, 0) as items:
            await world.write()
            before = await take(items, 1)

            # when
            await asyncio.to_thread(redis_server.kill)
            await world.write()
            meanwhile = await take(items, 1)
            await asyncio.to_thread(redis_server.start)
            await world.write()
            after = await take(items, 1)
            await until(lambda: follows(redis, world, 3))

    # then
    assert numbers(before + meanwhile + after) == [1, 2, 3]


async def follows(redis: Redis, world: World, seq: int) -> bool:
    """Whether the stream has come that far."""
    return await EventStream(redis).last(world.tenant) == seq


async def test_an_emptied_redis_loses_nothing(world: World, redis_server: RedisServer) -> None:
    # given
    async with connect(redis_server.url) as redis:
        sequencer = world.candidate("a", redis=redis, poll=0.1)
        async with world.running(sequencer), world.hub(redis=redis) as hub, subscribed(hub, world.tenant, 0) as items:
            # when
            got = []
            for _ in range(5):
                await world.write(draft(1), draft(2))
                got += await take(items, 2)
                await redis.flushall()

    # then
    assert numbers(got) == list(range(1, 11))
