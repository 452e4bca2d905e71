"""The connection to Redis, which carries rings and copies of events: nothing in it is the only copy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

LONGEST_WAIT = 5.0
"""Seconds that a blocking command may wait; less than the time after which a silent connection is given up."""


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Redis]:
    """A client for `redis://` and `rediss://` addresses, closed at the end; connects at the first command, not before.

    Every command is bounded in time: 2 s to connect, 10 s for an answer.
    """
    redis = Redis.from_url(
        url,
        socket_connect_timeout=2.0,
        socket_timeout=2 * LONGEST_WAIT,
        socket_keepalive=True,
        health_check_interval=15,
        client_name="trellis",
    )
    try:
        yield redis
    finally:
        await redis.aclose()
