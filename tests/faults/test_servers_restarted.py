"""Redis and Neo4j that go away and come back: the worker lives on, no run is lost, none is carried out twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.domain.sessions import Passwords
from app.domain.tenants import ensure_tenant
from app.graph import Graph, GraphSettings
from app.local.neo4j import Neo4jServer
from app.local.processes import wait_for
from app.local.redis import RedisServer
from app.migrations import migrate
from app.ports import SystemClock
from tests.faults.conftest import Start
from tests.faults.workers import Place
from tests.platform import SHOP, Platform, service
from tests.runs.deploying import Deploying
from tests.servers import Neo4jAccess, own_neo4j, own_redis
from workers import queue
from workers.queue import ArqJobQueue

SLOW = {"ECHO_DELAY_SECONDS": "0.5"}
CHAIN = [service(f"s{number}", needs=[f"s{number - 1}"] if number else [], env=SLOW) for number in range(6)]
NAMES = [f"s{number}" for number in range(6)]


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of this test's own."""
    server = own_redis(tmp_path / "redis")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def neo4j_server(tmp_path: Path) -> Iterator[Neo4jServer]:
    """A Neo4j of this test's own."""
    server = own_neo4j(tmp_path / "neo4j")
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def own_graph(neo4j_server: Neo4jServer) -> AsyncIterator[Platform]:
    """A tenant in that Neo4j."""
    async with Graph.connect(GraphSettings(neo4j_server.uri, "neo4j", neo4j_server.password)) as graph:
        await migrate(graph)
        await ensure_tenant(
            graph,
            "default",
            passwords=Passwords(memory_kib=1024),
            password="correct horse battery",
            providers={"echo": frozenset({"Workload"})},
        )
        yield Platform(graph, "default")


async def test_a_run_goes_on_while_redis_is_away_and_the_worker_takes_the_next_one_after(
    platform: Platform, neo4j_access: Neo4jAccess, tenant: str, redis_server: RedisServer, start: Start
) -> None:
    # given
    worker = start(Place(neo4j_access.uri, neo4j_access.password, redis_server.url, tenant))
    await platform.apply(*SHOP, *CHAIN)
    async with queue.connect(redis_server.url) as redis:
        deploying = Deploying(platform, ArqJobQueue(redis, SystemClock()))
        run_id = (await deploying.deploy()).run_id
        await deploying.until(run_id, "s0", "running")
        # when
        redis_server.kill()
        await deploying.until_ended(run_id)
        # then
        assert await deploying.totals(run_id) == ("succeeded", 6, 6, 0, 0)
        assert worker.effects() == NAMES
        assert worker.get("/health")[0] == 200
        assert worker.get("/ready") == (
            503,
            '{"status":"unavailable","dependencies":{"neo4j":"ok","redis":"unavailable"}}',
        )
        # when: a run is asked for while nobody can be rung for, and Redis comes back
        await platform.apply(service("s0", image="example/s0:v2"))
        second = (await deploying.deploy()).run_id
        redis_server.start()
        await deploying.until_ended(second)
        # then
        assert await deploying.totals(second) == ("succeeded", 1, 1, 0, 0)
        assert worker.effects() == [*NAMES, "s0"]
        assert worker.alive


async def test_a_job_that_redis_forgot_is_rung_for_again(
    platform: Platform, neo4j_access: Neo4jAccess, tenant: str, redis_server: RedisServer, start: Start
) -> None:
    # given
    await platform.apply(*SHOP, *CHAIN[:2])
    async with queue.connect(redis_server.url) as redis:
        deploying = Deploying(platform, ArqJobQueue(redis, SystemClock()))
        run_id = (await deploying.deploy()).run_id
        # when
        await redis.flushall()
        await deploying.make_overdue(run_id)
        worker = start(Place(neo4j_access.uri, neo4j_access.password, redis_server.url, tenant))
        await deploying.until_ended(run_id)
        # then
        assert await deploying.totals(run_id) == ("succeeded", 2, 2, 0, 0)
        assert worker.effects() == NAMES[:2]
        assert len(worker.said("run.rung_again")) == 1


async def test_a_run_survives_a_restart_of_neo4j_in_its_middle(
    own_graph: Platform, neo4j_server: Neo4jServer, redis_url: str, start: Start
) -> None:
    # given
    worker = start(Place(neo4j_server.uri, neo4j_server.password, redis_url, own_graph.tenant))
    await own_graph.apply(*SHOP, *CHAIN)
    async with queue.connect(redis_url) as redis:
        deploying = Deploying(own_graph, ArqJobQueue(redis, SystemClock()))
        run_id = (await deploying.deploy()).run_id
        await deploying.until(run_id, "s1", "running")
        # when
        neo4j_server.kill()
        assert wait_for(lambda: worker.get("/ready")[0] == 503, 20.0)
        neo4j_server.start()
        await deploying.until_ended(run_id)
        # then
        assert await deploying.totals(run_id) == ("succeeded", 6, 6, 0, 0)
        assert await deploying.deployments() == dict.fromkeys(NAMES, ("succeeded", True))
        assert worker.alive
        effects = worker.effects()
        assert sorted(set(effects)) == NAMES
        types = await deploying.events_of(["run.step.succeeded", "run.finished"])
        assert (types.count("run.step.succeeded"), types.count("run.finished")) == (6, 1)
