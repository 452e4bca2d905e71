"""arq with one job a step: a job does nothing and enqueues the steps that needed only it any more.

Which steps are done is known to the worker's process alone, which is the least that anybody could write: whoever wants
to go on after a crash has to keep it somewhere as well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final

from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func

FUNCTION: Final = "step"
POLL_SECONDS: Final = 0.01
"""How often the worker looks for jobs; arq's default is half a second."""
LONGEST_SECONDS: Final = 300.0


class Steps:
    """The steps of one run: how many each still waits for, and when the last one is done."""

    def __init__(self, redis: ArqRedis, queue_name: str, graph: Mapping[str, Sequence[str]]) -> None:
        self._redis = redis
        self._queue_name = queue_name
        self._open = {name: len(needs) for name, needs in graph.items()}
        self._users: dict[str, list[str]] = {name: [] for name in graph}
        for name, needs in graph.items():
            for one in needs:
                self._users[one].append(name)
        self.order: list[str] = []
        self.done = asyncio.Event()

    async def begin(self) -> None:
        """Enqueue what needs nothing."""
        for name, waits_for in self._open.items():
            if not waits_for:
                await self._enqueue(name)

    async def step(self, ctx: dict[object, object], name: str) -> None:
        """The job of one step."""
        self.order.append(name)
        for user in self._users[name]:
            self._open[user] -= 1
            if not self._open[user]:
                await self._enqueue(user)
        if len(self.order) == len(self._open):
            self.done.set()

    async def _enqueue(self, name: str) -> None:
        await self._redis.enqueue_job(
            FUNCTION, name, _job_id=f"{self._queue_name}:{name}", _queue_name=self._queue_name
        )


async def run(redis_url: str, queue_name: str, graph: Mapping[str, Sequence[str]]) -> tuple[float, list[str]]:
    """Seconds from enqueueing the first jobs until the last one was carried out, and the steps in that order.

    `queue_name` is of this run alone: jobs and results of it are left behind in Redis for a while.
    """
    redis = await create_pool(RedisSettings.from_dsn(redis_url))
    steps = Steps(redis, queue_name, graph)
    worker = Worker(
        functions=[func(steps.step, name=FUNCTION)],
        redis_pool=redis,
        queue_name=queue_name,
        handle_signals=False,
        poll_delay=POLL_SECONDS,
        log_results=False,
    )
    task = asyncio.create_task(worker.main())
    try:
        began = time.perf_counter()
        await steps.begin()
        async with asyncio.timeout(LONGEST_SECONDS):
            await steps.done.wait()
        return time.perf_counter() - began, steps.order
    finally:
        task.cancel()
        # The last job still has its end to write.
        await asyncio.gather(task, *worker.tasks.values(), return_exceptions=True)
        await redis.aclose(close_connection_pool=True)
