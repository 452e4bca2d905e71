"""Servers and workers that a test may kill."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from app.ports import SystemClock
from tests.faults.toxiproxy import built_server
from tests.faults.workers import Place, WorkerProcess
from tests.platform import Platform
from tests.runs.deploying import Deploying
from tests.servers import Neo4jAccess
from workers import queue
from workers.queue import ArqJobQueue

Start = Callable[..., WorkerProcess]


@pytest.fixture
def place(neo4j_access: Neo4jAccess, redis_url: str, tenant: str) -> Place:
    """The shared servers, and a tenant of this test's own."""
    return Place(neo4j_access.uri, neo4j_access.password, redis_url, tenant)


@pytest.fixture
def start(place: Place, tmp_path: Path) -> Iterator[Start]:
    """Starts workers; all of them are stopped at the end."""
    started: list[WorkerProcess] = []

    def start(at: Place = place, **settings: str) -> WorkerProcess:
        worker = WorkerProcess(at, tmp_path / f"worker-{len(started)}.log", settings=settings)
        started.append(worker)
        worker.wait_until_ready()
        return worker

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture(scope="session")
def toxiproxy_server() -> Path:
    """toxiproxy; the first time on a machine it is built."""
    return built_server(lambda text: None)


@pytest.fixture
async def deploying(platform: Platform, place: Place) -> AsyncIterator[Deploying]:
    """A tenant that deploys, and rings for real workers."""
    async with queue.connect(place.redis_url) as redis:
        yield Deploying(platform, ArqJobQueue(redis, SystemClock()))
