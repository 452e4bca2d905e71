"""The connection to Redis, which carries rings and copies of events: nothing in it is the only copy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

LONGEST_WAIT = 5.0
"""Seconds that a blocking command may wait for something to happen."""
ANSWER_SECONDS = 3.0
"""Seconds within which any other command is answered."""


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Redis]:
    """A client for `redis://` and `rediss://` addresses, closed at the end; connects at the first command, not before.

    Commands wait as long as their caller lets them: put them into `answering`.
    """
    # The client's own time limit for commands is left out: with it, a task that is cancelled while it sends goes on.
    redis = Redis.from_url(
        url, socket_connect_timeout=2.0, socket_keepalive=True, health_check_interval=15, client_name="trellis"
    )
    try:
        yield redis
    finally:
        await redis.aclose()


def answering(seconds: float = ANSWER_SECONDS) -> asyncio.Timeout:
    """Bounds what is inside to so many seconds. Raises TimeoutError, which is an OSError."""
    return asyncio.timeout(seconds)
