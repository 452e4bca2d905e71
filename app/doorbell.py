"""The doorbell: says across processes that a tenant has events without a number."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.broker import LONGEST_WAIT, answering
from app.ports import Clock

CHANNEL = "trellis:doorbell"
RING_SECONDS = 0.25
SILENCE_SECONDS = 1.0
RECONNECT_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)

log: structlog.stdlib.BoundLogger = structlog.get_logger("trellis.doorbell")


class RedisDoorbell:
    """Rings over Redis. A ring never raises and takes at most `RING_SECONDS`.

    After a ring that failed it keeps silent for `SILENCE_SECONDS`, so that an unreachable Redis does not slow every
    change down: the sequencers look by themselves once a second.
    """

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._silent_until = 0.0

    async def ring(self, tenant: str) -> None:
        """Say that a tenant has committed events."""
        if self._clock.monotonic() < self._silent_until:
            return
        try:
            async with answering(RING_SECONDS):
                await self._redis.publish(CHANNEL, tenant)
        except (RedisError, OSError) as error:
            self._silent_until = self._clock.monotonic() + SILENCE_SECONDS
            log.warning("doorbell.unheard", tenant=tenant, error=type(error).__name__)


async def rings(redis: Redis, clock: Clock) -> AsyncGenerator[str, None]:
    """The tenants that are rung for, for ever; connects again where Redis went away. What was missed does not come."""
    async for tenant in heard(redis, clock, channel=CHANNEL):
        yield tenant


async def heard(redis: Redis, clock: Clock, *, channel: str) -> AsyncGenerator[str, None]:
    """What is said on a channel, for ever, as `rings`."""
    failures = 0
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as listening:
                async with answering():
                    await listening.subscribe(channel)
                while True:
                    message = await listening.get_message(timeout=LONGEST_WAIT)
                    failures = 0
                    if message is not None:
                        yield message["data"].decode("utf-8", "replace")
        except (RedisError, OSError) as error:
            if failures == 0:
                log.warning("doorbell.deaf", channel=channel, error=type(error).__name__)
            await clock.sleep(RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)])
            failures += 1
