"""The doorbell: heard across processes, and never in anybody's way."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.broker import connect
from app.doorbell import CHANNEL, RING_SECONDS, SILENCE_SECONDS, RedisDoorbell, rings
from tests.clocks import HandClock
from tests.events.world import CLOCK, World, until
from tests.servers import own_redis


async def heard_by(redis: Redis, count: int) -> bool:
    """Whether so many listen."""
    return bool((await redis.pubsub_numsub(CHANNEL))[0][1] >= count)


async def test_a_ring_is_heard_by_everyone_who_listens(world: World) -> None:
    # given
    before = (await world.redis.pubsub_numsub(CHANNEL))[0][1]

    async def listen() -> str:
        async with aclosing(rings(world.redis, CLOCK)) as heard:
            async for tenant in heard:
                if tenant == world.tenant:
                    return tenant
        raise AssertionError("the doorbell fell silent")

    listeners = [asyncio.create_task(listen()) for _ in range(2)]
    await until(lambda: heard_by(world.redis, before + 2))

    # when
    await world.doorbell.ring(world.tenant)

    # then
    async with asyncio.timeout(5):
        assert await asyncio.gather(*listeners) == [world.tenant, world.tenant]


@pytest.mark.alone
async def test_a_ring_without_redis_does_no_harm() -> None:
    # given
    async with connect("redis://127.0.0.1:1/0") as redis:
        clock = HandClock(datetime.now(UTC))
        doorbell = RedisDoorbell(redis, clock)
        started = time.monotonic()

        # when
        for _ in range(100):
            await doorbell.ring("default")

        # then
        assert time.monotonic() - started < 1.0


@pytest.mark.alone
async def test_a_redis_that_does_not_answer_delays_one_ring_a_second() -> None:
    # given
    asked = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, connect(f"redis://127.0.0.1:{port}/0") as redis:
        clock = HandClock(datetime.now(UTC))
        doorbell = RedisDoorbell(redis, clock)
        started = time.monotonic()

        # when
        for _ in range(50):
            await doorbell.ring("default")
        first = asked
        clock.advance(SILENCE_SECONDS)
        await doorbell.ring("default")

        # then
        assert (first, asked) == (1, 2)
        assert time.monotonic() - started < 4 * RING_SECONDS


async def test_a_listener_hears_again_after_redis_was_restarted(tmp_path: Path) -> None:
    # given
    server = own_redis(tmp_path / "redis")
    await asyncio.to_thread(server.start)
    try:
        async with connect(server.url) as redis, aclosing(rings(redis, CLOCK)) as heard:
            hearing = asyncio.ensure_future(anext(heard))
            await until(lambda: heard_by(redis, 1))

            # when
            await asyncio.to_thread(server.restart)
            await until(lambda: heard_by(redis, 1))
            await RedisDoorbell(redis, CLOCK).ring("default")

            # then
            async with asyncio.timeout(5):
                assert await hearing == "default"
    finally:
        await asyncio.to_thread(server.stop)
