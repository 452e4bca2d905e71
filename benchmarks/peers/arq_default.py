"""arq as it comes: a job for what is to be done, and a worker that looks for jobs every half second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func

FUNCTION: Final = "begin"
LONGEST_SECONDS: Final = 30.0


class Begun:
    """Jobs of a queue of its own, and when the last of them began."""

    def __init__(self, redis: ArqRedis, queue_name: str) -> None:
        self._redis = redis
        self._queue_name = queue_name
        self._began: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def begin(self, ctx: dict[object, object]) -> None:
        """The job: notes the time."""
        self._began.set_result(time.perf_counter())

    async def seconds(self) -> float:
        """Enqueue a job; returns how long it took until it began."""
        self._began = asyncio.get_running_loop().create_future()
        enqueued = time.perf_counter()
        await self._redis.enqueue_job(FUNCTION, _queue_name=self._queue_name)
        async with asyncio.timeout(LONGEST_SECONDS):
            return await self._began - enqueued


@asynccontextmanager
async def at_work(redis_url: str, queue_name: str) -> AsyncIterator[Begun]:
    """A worker with all of arq's defaults, idle in this process; stopped at the end."""
    redis = await create_pool(RedisSettings.from_dsn(redis_url))
    begun = Begun(redis, queue_name)
    worker = Worker(
        functions=[func(begun.begin, name=FUNCTION)], redis_pool=redis, queue_name=queue_name, handle_signals=False
    )
    task = asyncio.create_task(worker.main())
    try:
        yield begun
    finally:
        task.cancel()
        # A job that has begun still has its end to write.
        await asyncio.gather(task, *worker.tasks.values(), return_exceptions=True)
        await redis.aclose(close_connection_pool=True)
