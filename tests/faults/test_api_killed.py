"""The API killed between the commit that accepts a deployment and the ring for it: the run and its events arrive."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx2
import pytest
from redis.asyncio import Redis

from app.domain.plans import create_plan
from app.event_stream import EventStream
from app.graph import GraphSettings
from app.local.ports import HOST, answers, free_ports
from app.local.processes import Process, alive, kill, spawn, wait_for
from app.ports import SystemClock
from tests.api import Api, settings_for, sign_in
from tests.faults.conftest import Start
from tests.faults.toxiproxy import Toxiproxy, proxied
from tests.faults.workers import ROOT
from tests.platform import SHOP, Platform, service
from tests.runs.deploying import APPLICATION, ENVIRONMENT, Deploying
from workers.queue import queue_name

DEPLOY = "mutation D($input: DeployInput!) { deploy(input: $input) { run { id } problems { message } } }"


@pytest.fixture
def redis_behind(toxiproxy_server: Path, redis_url: str, tmp_path: Path) -> Iterator[Toxiproxy]:
    """A proxy in front of the shared Redis."""
    address = urlsplit(redis_url)
    with proxied(toxiproxy_server, tmp_path, f"{address.hostname}:{address.port}") as proxy:
        yield proxy


@pytest.fixture
def api_process(
    graph_settings: GraphSettings, redis_url: str, redis_behind: Toxiproxy, tenant: str, tmp_path: Path
) -> Iterator[tuple[Process, Api]]:
    """The API as users start it, which reaches Redis through the proxy; nobody has signed in yet."""
    address = urlsplit(redis_url)
    user, at, _ = address.netloc.rpartition("@")
    through = urlunsplit(address._replace(netloc=f"{user}{at}{HOST}:{redis_behind.port}"))
    [port] = free_ports(1)
    api = Api(f"http://{HOST}:{port}", settings_for(graph_settings, through, tenant=tenant, port=port), "")
    environment = {**api.environment(), "TRELLIS_API_PORT": str(port), "PYTHONPATH": str(ROOT)}
    log = tmp_path / "api.log"
    process = spawn("api", [sys.executable, "-m", "app.main", "serve"], log=log, environment=environment)
    try:
        assert wait_for(lambda: answers(port) or not alive(process), 60.0), log.read_text()
        yield process, api
    finally:
        kill(process)


async def test_a_deployment_accepted_by_an_api_that_is_killed_before_it_rings_is_carried_out(
    deploying: Deploying,
    platform: Platform,
    api_process: tuple[Process, Api],
    redis_behind: Toxiproxy,
    redis_url: str,
    start: Start,
) -> None:
    # given an API of whose rings nothing arrives
    process, api = api_process
    names = ["s0", "s1"]
    await platform.apply(*SHOP, service("s0"), service("s1", needs=["s0"]))
    plan = await create_plan(platform.change(), application_id=APPLICATION, environment_id=ENVIRONMENT)
    token = await sign_in(api.url)
    redis_behind.swallow()
    asked = asyncio.create_task(api.post(DEPLOY, {"input": {"plan": plan.id}}, token=token))
    # when it is killed as soon as the run is in the graph
    accepted: list[str] = []

    async def is_accepted() -> bool:
        accepted.extend(await _runs(platform))
        return bool(accepted)

    await _until(is_accepted)
    [run_id] = accepted
    await asyncio.to_thread(kill, process)
    with suppress(httpx2.HTTPError):
        await asked
    # then nobody was rung for, and none of its events has been told to anybody who listens
    async with Redis.from_url(redis_url) as redis:
        assert await redis.zcard(queue_name(platform.tenant, "shop")) == 0
        assert (await deploying.run(run_id))["state"] == "queued"
        # and: once a worker is there, it finds the run by itself and carries it out
        await deploying.make_overdue(run_id)
        worker = start()
        await deploying.until_ended(run_id)
        assert await deploying.totals(run_id) == ("succeeded", 2, 2, 0, 0)
        assert worker.effects() == names
        assert len(worker.said("run.rung_again")) == 1
        # and: all events have their numbers, without a gap, and were sent to those who listen
        await _until(lambda: _numbered(platform))
        numbers = await _numbers(platform)
        assert [number for number, _ in numbers] == list(range(1, len(numbers) + 1))
        assert [type for _, type in numbers].count("run.queued") == 1
        stream = EventStream(redis)
        await _until(lambda: _sent(stream, platform.tenant, len(numbers)))
        sent = await stream.read(platform.tenant, after=0, wait_seconds=1.0, limit=1000)
        assert [(one.seq, one.type) for one in sent] == numbers


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return once the condition holds; fails after a minute."""
    clock = SystemClock()
    async with asyncio.timeout(60):
        while not await condition():
            await clock.sleep(0.01)


async def _runs(platform: Platform) -> list[str]:
    rows = await platform.graph.define(f"MATCH (r:Run {{tenant: '{platform.tenant}'}}) RETURN r.id AS id")
    return [str(row["id"]) for row in rows]


async def _numbered(platform: Platform) -> bool:
    rows = await platform.graph.define(
        f"MATCH (e:Event {{tenant: '{platform.tenant}', pending: true}}) RETURN count(e) AS count"
    )
    return rows[0]["count"] == 0


async def _sent(stream: EventStream, tenant: str, last: int) -> bool:
    return await stream.last(tenant) >= last


async def _numbers(platform: Platform) -> list[tuple[int, str]]:
    rows = await platform.graph.define(
        f"MATCH (e:Event {{tenant: '{platform.tenant}'}}) RETURN e.seq AS seq, e.type AS type ORDER BY e.seq"
    )
    return [(int(str(row["seq"])), str(row["type"])) for row in rows]
