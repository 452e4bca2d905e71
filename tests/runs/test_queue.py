"""The queue on a real Redis: jobs are rung for, taken once, and lost without harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest
from arq.connections import ArqRedis
from structlog.testing import capture_logs

from app.ids import Ids
from app.local.ports import free_ports
from app.ports import SystemClock
from tests.clocks import HandClock
from tests.runs.deploying import eventually
from workers import queue
from workers.deadlines import cancelled
from workers.dispatcher import Dispatcher
from workers.executor import Outcome
from workers.queue import ArqJobQueue, RunWorker
from workers.settings import WorkerSettings


class Runs:
    """Stands where the executor is: remembers what it was to carry out, and lets it go on until it is told."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended = asyncio.Event()
        self.one_ends = asyncio.Semaphore(0)
        self.breaks = ""

    async def execute(self, tenant: str, run_id: str) -> Outcome:
        """Remember, and wait."""
        self.started.append(run_id)
        if run_id == self.breaks:
            raise RuntimeError("nobody foresaw this")
        waits = [asyncio.create_task(self.ended.wait()), asyncio.create_task(self.one_ends.acquire())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        await cancelled(*waits)
        return Outcome.FINISHED

    def leave(self) -> None:
        """Let one run come to its end."""
        self.one_ends.release()


class Taking:
    """One worker that takes jobs of a tenant."""

    def __init__(self, redis: ArqRedis, tenant: str, *, concurrency: int = 10) -> None:
        self.runs = Runs()
        self.dispatcher = Dispatcher(self.runs.execute, concurrency=concurrency)
        settings = WorkerSettings(concurrency=concurrency)
        self.worker = RunWorker(redis, SystemClock(), tenant=tenant, dispatcher=self.dispatcher, settings=settings)
        self.dispatcher.listen(freed=self.worker.freed, done=lambda _: None)
        self.task = asyncio.create_task(self.worker.main())

    async def close(self) -> None:
        """Stop taking jobs."""
        self.runs.ended.set()
        await cancelled(self.task)
        await self.dispatcher.close(drain=1.0)


@pytest.fixture
def tenant() -> str:
    """A tenant whose queue nobody else uses; it need not be in the graph."""
    return f"q-{Ids(SystemClock()).new()}"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[ArqRedis]:
    """A client for jobs."""
    async with queue.connect(redis_url) as redis:
        yield redis


@pytest.fixture
async def taking(redis: ArqRedis, tenant: str) -> AsyncIterator[Taking]:
    """A worker that takes jobs."""
    taking = Taking(redis, tenant)
    yield taking
    await taking.close()


async def flood(redis: ArqRedis, tenant: str, *, project: str, runs: int) -> None:
    """Let very many runs of a project wait, as if each had been rung for in turn."""
    name, first = queue.queue_name(tenant, project), SystemClock().now().timestamp() * 1000 - runs
    for start in range(0, runs, 1_000):
        async with redis.pipeline(transaction=False) as pipe:
            for number in range(start, min(runs, start + 1_000)):
                run_id = f"{tenant}-{project}-{number}"
                body: dict[str, object] = {
                    "t": None,
                    "f": queue.FUNCTION,
                    "a": [tenant, run_id],
                    "k": {},
                    "et": int(first),
                }
                pipe.psetex(f"arq:job:run:{run_id}:0", 600_000, orjson.dumps(body))
                pipe.zadd(name, {f"run:{run_id}:0": first + number})
            pipe.sadd(queue.projects_name(tenant), project)
            await pipe.execute()


async def test_a_run_that_is_rung_for_is_started_and_its_job_is_gone(
    redis: ArqRedis, tenant: str, taking: Taking
) -> None:
    # when
    await ArqJobQueue(redis, SystemClock()).enqueue(tenant, "run-1", project="shop", attempt=0)
    # then
    await eventually(lambda: taking.runs.started == ["run-1"])
    async with asyncio.timeout(10):
        while await redis.zcard(queue.queue_name(tenant, "shop")):
            await SystemClock().sleep(0.01)
    assert await redis.exists("arq:job:run:run-1:0", "arq:result:run:run-1:0", "arq:in-progress:run:run-1:0") == 0


async def test_a_job_is_json_and_holds_ids_only(redis: ArqRedis, tenant: str) -> None:
    # when
    run_id = f"run-{tenant}"
    await ArqJobQueue(redis, SystemClock()).enqueue(tenant, run_id, project="shop", attempt=3)
    # then
    body = await redis.get(f"arq:job:run:{run_id}:3")
    job = orjson.loads(body)
    assert (job["f"], job["a"], job["k"]) == ("start_run", [tenant, run_id], {})
    assert 0 < await redis.pttl(f"arq:job:run:{run_id}:3") <= 3_600_000


async def test_the_same_attempt_twice_is_one_job_and_another_attempt_is_another(redis: ArqRedis, tenant: str) -> None:
    # given
    jobs = ArqJobQueue(redis, SystemClock())
    # when
    for attempt in (0, 0, 1):
        await jobs.enqueue(tenant, f"run-{tenant}", project="shop", attempt=attempt)
    # then
    waiting = await redis.zrange(queue.queue_name(tenant, "shop"), 0, -1)
    assert sorted(waiting) == [f"run:run-{tenant}:{attempt}".encode() for attempt in (0, 1)]


async def test_many_jobs_are_each_taken_by_one_of_two_workers(redis: ArqRedis, tenant: str, taking: Taking) -> None:
    # given
    other = Taking(redis, tenant)
    jobs = ArqJobQueue(redis, SystemClock())
    names = [f"{tenant}-{number}" for number in range(16)]
    # when
    await asyncio.gather(*(jobs.enqueue(tenant, name, project="shop", attempt=0) for name in names))
    # then
    await eventually(lambda: len(taking.runs.started) + len(other.runs.started) == 16)
    assert sorted(taking.runs.started + other.runs.started) == sorted(names)
    await other.close()


async def test_a_worker_takes_no_more_than_it_has_room_for_and_goes_on_once_it_has(
    redis: ArqRedis, tenant: str
) -> None:
    # given
    taking = Taking(redis, tenant, concurrency=2)
    jobs = ArqJobQueue(redis, SystemClock())
    for number in range(5):
        await jobs.enqueue(tenant, f"{tenant}-{number}", project="shop", attempt=0)
    await eventually(lambda: len(taking.runs.started) == 2)
    # then
    assert (taking.dispatcher.active, taking.dispatcher.free) == (2, False)
    assert await redis.zcard(queue.queue_name(tenant, "shop")) == 3
    # when
    taking.runs.ended.set()
    # then
    await eventually(lambda: len(taking.runs.started) == 5)
    assert len(set(taking.runs.started)) == 5
    await taking.close()


async def test_a_job_of_another_tenant_is_left_alone(redis: ArqRedis, tenant: str, taking: Taking) -> None:
    # given
    jobs = ArqJobQueue(redis, SystemClock())
    # when
    await jobs.enqueue(f"{tenant}-other", f"{tenant}-theirs", project="shop", attempt=0)
    await jobs.enqueue(tenant, f"{tenant}-ours", project="shop", attempt=0)
    # then
    await eventually(lambda: taking.runs.started == [f"{tenant}-ours"])
    assert await redis.zcard(queue.queue_name(f"{tenant}-other", "shop")) == 1


async def test_a_run_that_is_at_work_here_is_not_started_again(redis: ArqRedis, tenant: str, taking: Taking) -> None:
    # given
    jobs = ArqJobQueue(redis, SystemClock())
    await jobs.enqueue(tenant, f"{tenant}-1", project="shop", attempt=0)
    await eventually(lambda: len(taking.runs.started) == 1)
    # when
    await jobs.enqueue(tenant, f"{tenant}-1", project="shop", attempt=1)
    await jobs.enqueue(tenant, f"{tenant}-2", project="shop", attempt=0)
    # then
    await eventually(lambda: taking.runs.started == [f"{tenant}-1", f"{tenant}-2"])


@pytest.mark.alone
async def test_a_ring_that_nobody_hears_raises_nothing_and_keeps_nobody_waiting(tenant: str) -> None:
    # given
    clock = HandClock()
    [port] = free_ports(1)
    async with queue.connect(f"redis://127.0.0.1:{port}/0") as nowhere:
        jobs = ArqJobQueue(nowhere, clock)
        # when
        async with asyncio.timeout(3):
            await jobs.enqueue(tenant, "run-1", project="shop", attempt=0)
        # then: for a second it does not even try
        async with asyncio.timeout(0.5):
            for _ in range(100):
                await jobs.enqueue(tenant, "run-1", project="shop", attempt=0)


async def test_a_worker_that_says_it_lives_is_forgotten_when_it_does_not(redis: ArqRedis, tenant: str) -> None:
    # given two jobs of two projects that wait
    clock, counts = HandClock(), list[int]()
    for project in ("shop", "desk"):
        await ArqJobQueue(redis, SystemClock()).enqueue(tenant, f"{tenant}-{project}", project=project, attempt=0)
    beating = asyncio.create_task(
        queue.heartbeat(redis, clock, owner=tenant, tenant=tenant, state=lambda: {"active": 2}, counted=counts.append)
    )
    # when
    await eventually(lambda: clock.sleeping(5.0) == 1)
    # then it is said, and how many wait
    assert counts == [2]
    assert orjson.loads(await redis.get(f"trellis:worker:{tenant}"))["active"] == 2
    assert 10_000 < await redis.pttl(f"trellis:worker:{tenant}") <= 15_000
    await cancelled(beating)


async def test_a_project_with_many_runs_delays_another_by_one_and_priority_comes_before_age(
    redis: ArqRedis, tenant: str
) -> None:
    # given: twenty runs of one project wait, then one of another, and then an urgent one of the first
    jobs = ArqJobQueue(redis, SystemClock())
    for number in range(20):
        await jobs.enqueue(tenant, f"{tenant}-many-{number}", project="many", attempt=0)
    await jobs.enqueue(tenant, f"{tenant}-other", project="other", attempt=0)
    await jobs.enqueue(tenant, f"{tenant}-urgent", project="many", attempt=0, priority=9)
    # when
    taking = Taking(redis, tenant, concurrency=4)
    await eventually(lambda: len(taking.runs.started) == 4)
    # then: in turn, the urgent one first, and no more than three places for one project
    assert taking.runs.started == [f"{tenant}-{name}" for name in ("urgent", "other", "many-0", "many-1")]
    # and the job of the last one, which goes after its run has begun, is gone with those before it
    await eventually(lambda: len(taking.worker.tasks) == 0)
    assert await redis.zcard(queue.queue_name(tenant, "many")) == 18
    await taking.close()


async def test_ten_thousand_runs_of_one_project_delay_another_by_none(redis: ArqRedis, tenant: str) -> None:
    # given ten thousand runs of one project, of which as many are at work as one project may have
    taking = Taking(redis, tenant, concurrency=4)
    await flood(redis, tenant, project="many", runs=10_000)
    await eventually(lambda: len(taking.runs.started) == 3)
    # when one of another project is rung for
    await ArqJobQueue(redis, SystemClock()).enqueue(tenant, f"{tenant}-other", project="other", attempt=0)
    # then it begins in the place that was left to it, while nothing else has ended
    await eventually(lambda: len(taking.runs.started) == 4)
    assert taking.runs.started == [*(f"{tenant}-many-{number}" for number in range(3)), f"{tenant}-other"]
    assert await redis.zcard(queue.queue_name(tenant, "many")) == 10_000 - 3
    # when that place is taken, and another project rings
    await ArqJobQueue(redis, SystemClock()).enqueue(tenant, f"{tenant}-third", project="third", attempt=0)
    taking.runs.leave()
    # then it has the next place that becomes free
    await eventually(lambda: len(taking.runs.started) >= 5)
    assert taking.runs.started[4] == f"{tenant}-third"
    await taking.close()


async def test_a_run_that_breaks_is_logged_and_ends_nothing(redis: ArqRedis, tenant: str, taking: Taking) -> None:
    # given a run whose carrying out fails in a way that nobody foresaw
    taking.runs.breaks = f"{tenant}-broken"
    jobs = ArqJobQueue(redis, SystemClock())
    # when
    with capture_logs() as logs:
        await jobs.enqueue(tenant, f"{tenant}-broken", project="shop", attempt=0)
        await eventually(lambda: len(logs) > 0)
    await jobs.enqueue(tenant, f"{tenant}-good", project="shop", attempt=0)
    # then it is logged with its run, and the worker goes on
    await eventually(lambda: taking.runs.started == [f"{tenant}-broken", f"{tenant}-good"])
    assert [(one["event"], one["log_level"], one["run"], one["exc_info"]) for one in logs] == [
        ("run.not_carried_out", "error", f"{tenant}-broken", True)
    ]
    assert not taking.task.done()


async def test_an_empty_queue_is_looked_at_no_more(redis: ArqRedis, tenant: str, taking: Taking) -> None:
    # given
    await ArqJobQueue(redis, SystemClock()).enqueue(tenant, f"{tenant}-1", project="shop", attempt=0)
    # when
    await eventually(lambda: taking.runs.started == [f"{tenant}-1"])
    # then
    async with asyncio.timeout(10):
        while await redis.exists(queue.projects_name(tenant)):
            await SystemClock().sleep(0.01)


async def test_a_job_that_makes_no_sense_ends_nothing(redis: ArqRedis, tenant: str, taking: Taking) -> None:
    # given: a job of a function that is not there, one that is no JSON, and one with too little said
    name = queue.queue_name(tenant, "shop")
    await redis.enqueue_job("no_such_function", _job_id=f"{tenant}-a", _queue_name=name)
    await redis.set(f"arq:job:{tenant}-b", b"\x80\x04 no JSON")
    await redis.zadd(name, {f"{tenant}-b": 1})
    await redis.enqueue_job("start_run", _job_id=f"{tenant}-c", _queue_name=name)
    # when
    await ArqJobQueue(redis, SystemClock()).enqueue(tenant, f"{tenant}-good", project="shop", attempt=0)
    # then
    await eventually(lambda: taking.runs.started == [f"{tenant}-good"])
    assert not taking.task.done()


async def test_nothing_of_arqs_own_hooks_aborts_and_results_is_used(taking: Taking) -> None:
    worker = taking.worker
    hooks = (worker.on_startup, worker.on_shutdown, worker.on_job_start, worker.on_job_end, worker.after_job_end)
    assert hooks == (None,) * 5
    assert (worker.allow_abort_jobs, worker.keep_result_s, worker.cron_jobs) == (False, 0.0, [])
