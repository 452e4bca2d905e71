"""Subscribers get exactly what they asked for, in order, whatever the stream and the other subscribers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.broker import connect
from app.domain.event_chain import Anchor, link, verify
from app.domain.event_filter import EVERYTHING, EventFilter
from app.domain.events import Category, EventDraft, Level
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


WANTED: list[tuple[EventFilter, Callable[[int], bool]]] = [
    (EventFilter(type_prefix="service."), lambda number: number % 2 == 0),
    (EventFilter(category=Category.RUN), lambda number: number % 2 == 1),
    (EventFilter(minimum_level=Level.WARNING), lambda number: number % 4 in (2, 3)),
    (EventFilter(subject="shop/boutique/s3"), lambda number: number == 3),
    (EventFilter(application_id="shop/boutique"), lambda number: number % 3 == 0),
    (EventFilter(environment_id="shop@production"), lambda number: number % 3 == 1),
    (EventFilter(correlation_id="r-2"), lambda number: number % 5 == 2),
    (EventFilter(text="S1 WAS"), lambda number: number == 1),
    (EventFilter(type_prefix="run.", correlation_id="r-2"), lambda number: number % 2 == 1 and number % 5 == 2),
    (EventFilter(type_prefix="no."), lambda number: False),
]


def varied(number: int) -> EventDraft:
    """An event of a kind of its own for each number, as WANTED expects it."""
    return replace(
        draft(number),
        type="run.started" if number % 2 else "service.created",
        category=Category.RUN if number % 2 else Category.GRAPH,
        level=tuple(Level)[number % 4],
        application_id="shop/boutique" if number % 3 == 0 else None,
        environment_id="shop@production" if number % 3 == 1 else None,
        correlation_id=f"r-{number % 5}",
    )


@pytest.mark.parametrize(("wanted", "expected"), WANTED)
async def test_a_filter_means_the_same_for_what_was_and_what_comes(
    world: World, wanted: EventFilter, expected: Callable[[int], bool]
) -> None:
    # given
    candidate = world.candidate("a")
    matching = [number for number in range(1, 41) if expected(number)]

    async def forty() -> None:
        await world.write(*(varied(number) for number in range(1, 41)), ring=False)
        batch = await candidate.number(world.tenant)
        assert batch is not None
        await candidate.publish(world.tenant, batch.events)

    await forty()

    # when
    async with (
        world.hub() as hub,
        subscribed(hub, world.tenant, 0, wanted) as items,
        subscribed(hub, world.tenant, 0) as everything,
    ):
        await take(everything, 40)
        was = await take(items, len(matching))
        following = asyncio.create_task(take(items, len(matching) + 1))
        await forty()
        await take(everything, 40)
        done, _ = await asyncio.wait({following}, timeout=0.1)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    async with world.hub() as hub, subscribed(hub, world.tenant, 0, wanted) as items:
        again = await take(items, 2 * len(matching))

    # then
    assert numbers(was) == matching
    assert done == set()
    assert numbers(again) == [*matching, *(40 + number for number in matching)]


async def test_a_filter_holds_for_what_comes_live(world: World) -> None:
    # given
    async with world.running(), world.hub() as hub:
        wanted = EventFilter(type_prefix="run.", correlation_id="r-2")
        async with subscribed(hub, world.tenant, None, wanted) as items:
            first = asyncio.create_task(take(items, 4))
            await until(lambda: listening(hub, world))

            # when
            await world.write(*(varied(number) for number in range(1, 41)))

            # then
            assert numbers(await first) == [7, 17, 27, 37]
