"""Events from commit to subscriber: how soon, how many, how fast a log is replayed. There is no peer."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import aclosing
from dataclasses import dataclass

from app.broker import connect
from app.domain.event_chain import verify
from app.domain.recorded_events import RecordedEvent
from app.event_hub import Gap
from benchmarks.figures import Figure, Measured, percentile
from benchmarks.servers import Servers, tenant
from tests.events.serving import EVENTS, serving
from tests.events.world import World, draft

DRAFTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class EventsSize:
    """Events in the log beforehand; deliveries timed a round; writers at once, and how many changes each makes."""

    backlog: int = 10_000
    deliveries: int = 200
    writers: int = 20
    changes: int = 25


@dataclass(frozen=True, slots=True)
class _Latency:
    """Milliseconds."""

    commit: float
    median: float
    tail: float


async def measure(servers: Servers, *, rounds: int, size: EventsSize) -> Measured:
    """Fill a log, replay it, then time deliveries and throughput each round. Raises AssertionError for a broken log."""
    async with tenant(servers) as owner, connect(servers.redis_url) as redis:
        world = World(owner.graph, redis, tenant=owner.name)
        numbered = await _numbering(world, size.backlog)
        replayed, verified = await _replay(world)
        latencies, rates = [], []
        async with world.running():
            for _ in range(rounds):
                latencies.append(await _latency(world, size.deliveries))
                rates.append(await _throughput(world, size))
    return Measured(
        benchmark="events",
        title="Events",
        peer=None,
        setup={
            "log": size.backlog,
            "deliveries_a_round": size.deliveries,
            "writers": size.writers,
            "changes_a_writer": size.changes,
        },
        figures=(
            Figure("commit to WebSocket client, median", "ms", tuple(one.median for one in latencies)),
            Figure("commit to WebSocket client, 99th percentile", "ms", tuple(one.tail for one in latencies)),
            Figure("the commit itself, median", "ms", tuple(one.commit for one in latencies)),
            Figure("changes committed and delivered", "1/s", tuple(rates), more_is_better=True),
            Figure("events numbered and published by one sequencer", "1/s", (numbered,), more_is_better=True),
            Figure("events replayed to a subscriber", "1/s", (replayed,), more_is_better=True),
            Figure("events whose hash chain is verified", "1/s", (verified,), more_is_better=True),
        ),
    )


async def _latency(world: World, deliveries: int) -> _Latency:
    """From the acknowledged commit to the frame at a WebSocket client."""
    after, commits = [], []
    async with serving(world) as served, served.signed_in() as client:
        await client.subscribe(EVENTS, {"after": str((await world.end()).seq)})
        # The sequencer that numbered the backlog holds its lease for some seconds more.
        await world.write()
        await client.event()
        for number in range(deliveries):
            began = time.perf_counter()
            await world.write(draft(number), ring=False)
            committed = time.perf_counter()
            await world.doorbell.ring(world.tenant)
            await client.event()
            after.append((time.perf_counter() - committed) * 1000)
            commits.append((committed - began) * 1000)
    return _Latency(statistics.median(commits), statistics.median(after), percentile(after, 0.99))


async def _throughput(world: World, size: EventsSize) -> float:
    """Changes of one event each a second, from the first commit to the last delivery at a subscriber in the process."""
    before = (await world.end()).seq

    async def writer(number: int) -> None:
        for _ in range(size.changes):
            await world.write(draft(number))

    async with world.hub() as hub, aclosing(hub.subscribe(world.tenant, before)) as items:
        began = time.perf_counter()
        writing = asyncio.gather(*(writer(number) for number in range(size.writers)))
        for _ in range(size.writers * size.changes):
            assert not isinstance(await anext(items), Gap)
        seconds = time.perf_counter() - began
        await writing
    return size.writers * size.changes / seconds


async def _numbering(world: World, backlog: int) -> float:
    """Events a second that one sequencer numbers, chains and puts on the stream, out of a backlog."""
    for first in range(0, backlog, DRAFTS_AT_ONCE):
        some = range(first, min(first + DRAFTS_AT_ONCE, backlog))
        await world.write(*(draft(number) for number in some), ring=False)
    candidate = world.candidate("benchmark")
    began, done = time.perf_counter(), 0
    while (batch := await candidate.number(world.tenant)) is not None:
        await candidate.publish(world.tenant, batch.events)
        done += len(batch.events)
    return done / (time.perf_counter() - began)


async def _replay(world: World) -> tuple[float, float]:
    """Events a second that a subscriber gets from the beginning of the log, and that verifying the chain takes."""
    end = await world.end()
    got: list[RecordedEvent] = []
    async with world.hub() as hub, aclosing(hub.subscribe(world.tenant, 0)) as items:
        began = time.perf_counter()
        async for item in items:
            assert isinstance(item, RecordedEvent)
            got.append(item)
            if item.seq == end.seq:
                break
        replayed = time.perf_counter() - began
    began = time.perf_counter()
    assert verify(got, end=end) is None
    return len(got) / replayed, len(got) / (time.perf_counter() - began)
