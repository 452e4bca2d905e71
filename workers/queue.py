"""The job queue on arq: it only says which run to look at, everything else is in the graph.

A job is over as soon as a worker has started the run, so that nothing of arq's own leases, results, aborts and retries
is relied on; a job that is lost is rung for again by the reaper. Jobs are JSON, never pickles. Each project has a queue
of its own, and a worker takes from them in turn (`workers/rota.py`); within one, priority comes before age.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

import orjson
import structlog
from arq.connections import ArqRedis
from arq.worker import Function, Worker, func
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from app.ports import Clock
from workers.dispatcher import Dispatcher
from workers.rota import Lane, Rota
from workers.settings import WorkerSettings

if TYPE_CHECKING:
    from arq.typing import WorkerCoroutine

FUNCTION: Final = "start_run"
ENQUEUE_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = 1.0
JOB_SECONDS: Final = 20
EXPIRES_SECONDS: Final = 3600
LONGEST_WAIT: Final = 5.0
"""Seconds that a worker waits for a ring at most: less than the time after which a silent connection is given up."""
BELL_LENGTH: Final = 64
PRIORITY: Final = timedelta(days=1000)
AT_ONCE: Final = 8
"""Jobs of one queue that are looked at to begin one: the first may be another worker's already."""
FORGET: Final = "if redis.call('zcard', KEYS[1]) == 0 then return redis.call('srem', KEYS[2], ARGV[1]) end return 0"
"""Takes a project off the set, unless a job has come to its queue meanwhile."""
RECONNECT_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1.0)

log: structlog.stdlib.BoundLogger = structlog.get_logger("queue")


def queue_name(tenant: str, project: str) -> str:
    """The sorted set of a project's waiting jobs."""
    return f"trellis:runs:{tenant}:of:{project}"


def projects_name(tenant: str) -> str:
    """The set of a tenant's projects whose queues may hold jobs."""
    return f"trellis:runs:{tenant}:projects"


def bell_name(tenant: str) -> str:
    """The list that wakes one of a tenant's waiting workers an entry."""
    return f"trellis:runs:{tenant}:bell"


def nudge_channel(tenant: str) -> str:
    """Where the ids of runs are said whose workers are to look at them."""
    return f"trellis:runs:{tenant}:nudge"


def observe_channel(tenant: str) -> str:
    """Where it is said that an environment is due to be observed."""
    return f"trellis:runs:{tenant}:observe"


def _serialized(value: dict[str, object]) -> bytes:
    return orjson.dumps(value, default=repr)


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[ArqRedis]:
    """A client for jobs, closed at the end; connects at the first command. Every command is bounded in time."""
    pool = ConnectionPool.from_url(
        url,
        socket_connect_timeout=2.0,
        socket_timeout=2 * LONGEST_WAIT,
        socket_keepalive=True,
        health_check_interval=15,
        client_name="trellis-jobs",
    )
    redis = ArqRedis(
        pool,
        job_serializer=_serialized,
        job_deserializer=orjson.loads,
        expires_extra_ms=EXPIRES_SECONDS * 1000,
    )
    try:
        yield redis
    finally:
        await redis.aclose(close_connection_pool=True)


class ArqJobQueue:
    """Rings for runs. A ring never raises and takes at most `ENQUEUE_SECONDS`.

    After one that failed it keeps silent for `SILENCE_SECONDS`, so that an unreachable Redis does not slow every
    request down: the reaper rings for what was missed.
    """

    def __init__(self, redis: ArqRedis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._silent_until = 0.0

    async def enqueue(self, tenant: str, run_id: str, *, project: str, attempt: int, priority: int = 0) -> None:
        """Ring for a run; a repeat with the same `attempt` while the first still waits does nothing."""
        if self._clock.monotonic() < self._silent_until:
            return
        try:
            async with asyncio.timeout(ENQUEUE_SECONDS):
                await self._redis.enqueue_job(
                    FUNCTION,
                    tenant,
                    run_id,
                    _job_id=f"run:{run_id}:{attempt}",
                    _queue_name=queue_name(tenant, project),
                    # arq takes the earliest first: a higher priority is as if it had waited for years.
                    _defer_until=self._clock.now() - priority * PRIORITY,
                    _expires=EXPIRES_SECONDS,
                )
                async with self._redis.pipeline(transaction=False) as pipe:
                    pipe.sadd(projects_name(tenant), project)
                    pipe.lpush(bell_name(tenant), run_id)
                    pipe.ltrim(bell_name(tenant), 0, BELL_LENGTH - 1)
                    await pipe.execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._silent_until = self._clock.monotonic() + SILENCE_SECONDS
            log.warning("queue.unheard", tenant=tenant, run=run_id, error=type(error).__name__)

    async def nudge(self, tenant: str, run_id: str) -> None:
        """Let the worker that carries a run out look at it now; it looks by itself with every renewal of its lease."""
        await self._say(nudge_channel(tenant), run_id)

    async def observe(self, tenant: str) -> None:
        """Let workers look for environments that are due to be observed; they look by themselves every few seconds."""
        await self._say(observe_channel(tenant), tenant)

    async def _say(self, channel: str, message: str) -> None:
        try:
            async with asyncio.timeout(ENQUEUE_SECONDS):
                await self._redis.publish(channel, message)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("queue.nudge_unheard", channel=channel, error=type(error).__name__)


class RunWorker(Worker):
    """An arq worker that waits for the bell instead of polling, and takes no more than the dispatcher has room for.

    It outlives any outage of Redis.
    """

    def __init__(
        self,
        redis: ArqRedis,
        clock: Clock,
        *,
        tenant: str,
        dispatcher: Dispatcher,
        settings: WorkerSettings,
    ) -> None:
        super().__init__(
            functions=[self._function()],
            queue_name=queue_name(tenant, ""),
            redis_pool=redis,
            handle_signals=False,
            max_jobs=settings.concurrency,
            job_timeout=JOB_SECONDS,
            keep_result=0,
            max_tries=1_000_000,
            health_check_interval=10**9,
            job_serializer=_serialized,
            job_deserializer=orjson.loads,
            log_results=False,
        )
        self._clock = clock
        self._tenant = tenant
        self._bell = bell_name(tenant)
        self._dispatcher = dispatcher
        self._rota = Rota(dispatcher.places)
        self._lane = Lane(tenant, "")
        self._begun = False
        self._poll_seconds = min(settings.poll, LONGEST_WAIT)
        self._room = asyncio.Event()

    def _function(self) -> Function:
        async def start_run(_ctx: dict[object, object], tenant: str, run_id: str) -> None:
            # A tenant's queues hold its own runs only: what a job says of the tenant is not asked.
            self._begun = self._dispatcher.start(self._lane, run_id)

        return func(cast("WorkerCoroutine", start_run), name=FUNCTION)

    def freed(self) -> None:
        """Say that there is room for a run again."""
        self._room.set()

    async def main(self) -> None:
        """Take jobs until cancelled. An unreachable Redis is logged once and asked again."""
        failures = 0
        while True:
            try:
                await self._poll_iteration()
                if failures:
                    log.info("queue.reachable")
                failures = 0
                await self._wait()
            except (RedisError, OSError) as error:
                if not failures:
                    log.warning("queue.unreachable", error=repr(error))
                await self._recount()
                await self._clock.sleep(RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)])
                failures += 1
            except Exception:
                log.exception("queue.failing")
                await self._recount()
                await self._clock.sleep(RECONNECT_SECONDS[-1])

    async def heart_beat(self) -> None:
        """Nothing: a worker's own heartbeat says how it does, and there are no cron jobs here."""

    async def _poll_iteration(self) -> None:
        """Begin runs while there is room for them, each from the queue whose turn it is."""
        tried: set[Lane] = set()
        while self._dispatcher.free:
            members = await cast("Awaitable[set[bytes]]", self.pool.smembers(projects_name(self._tenant)))
            known = {Lane(self._tenant, name.decode()) for name in members}
            self._rota.forget(known)
            lane = self._rota.next(known - tried, self._dispatcher.working)
            if lane is None:
                return
            if await self._begin_one(lane):
                self._rota.served(lane)
            else:
                tried.add(lane)

    async def _begin_one(self, lane: Lane) -> bool:
        """Begin the next run of a lane; False where nothing waits there that no other worker has taken."""
        self._lane, self.queue_name = lane, queue_name(lane.tenant, lane.project)
        self._begun = False
        found = await self.pool.zrange(self.queue_name, 0, AT_ONCE - 1)
        for job_id in found:
            await self.start_jobs([job_id])
            # The job starts its run in the first turn that it gets: only then it is known whether there was one.
            await asyncio.gather(*(task for task in self.tasks.values() if not task.done()), return_exceptions=True)
            self.tasks = {key: task for key, task in self.tasks.items() if not task.done()}
            if self._begun:
                return True
        if not found:
            forget = cast("Callable[..., Awaitable[object]]", self.pool.eval)
            await forget(FORGET, 2, self.queue_name, projects_name(lane.tenant), lane.project)
        return False

    async def _wait(self) -> None:
        if self._dispatcher.free:
            await self._ring()
            return
        self._room.clear()
        await self._room.wait()

    async def _ring(self) -> None:
        # redis-py types `blpop` for whole seconds only, and Redis takes fractions.
        ring = cast("Callable[..., Awaitable[object]]", self.pool.execute_command)
        await ring("BLPOP", self._bell, self._poll_seconds)

    async def _recount(self) -> None:
        # A connection lost while a job is being taken leaves arq's count of running jobs too high for ever.
        running = [task for task in self.tasks.values() if not task.done()]
        self.job_counter = len(running)
        self.sem = asyncio.BoundedSemaphore(self.max_jobs + 1)
        for _ in running:
            await self.sem.acquire()


async def waiting(redis: ArqRedis, tenant: str) -> int:
    """How many jobs of a tenant no worker has taken yet. Raises RedisError, OSError."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.smembers(projects_name(tenant))
        [projects] = await pipe.execute()
        for project in projects:
            pipe.zcard(queue_name(tenant, project.decode()))
        return sum(await pipe.execute())


async def heartbeat(
    redis: ArqRedis,
    clock: Clock,
    *,
    owner: str,
    tenant: str,
    state: Callable[[], Mapping[str, int]],
    counted: Callable[[int], None],
    interval: float = 5.0,
) -> None:
    """Say every `interval` seconds that this worker lives, under a key of its own that outlives three beats.

    `counted` is told then how many jobs of the tenant wait.
    """
    while True:
        try:
            counted(await waiting(redis, tenant))
            body = orjson.dumps({"at": clock.now(), **state()})
            await redis.set(f"trellis:worker:{owner}", body, px=int(interval * 3000))
        except (RedisError, OSError) as error:
            log.debug("heartbeat.unheard", error=type(error).__name__)
        await clock.sleep(interval)
