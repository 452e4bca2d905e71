"""Events from commit to subscriber: how soon, how many, how fast a log is replayed.

    python -m benchmarks.events bolt://127.0.0.1:7687 redis://127.0.0.1:6379/0     (the password in NEO4J_PASSWORD)

It works in a tenant of its own and removes it.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, aclosing

import orjson

from app.broker import connect
from app.domain.event_chain import verify
from app.domain.recorded_events import RecordedEvent
from app.event_hub import Gap
from app.graph import Graph, GraphSettings
from app.ids import Ids
from app.migrations import migrate
from tests.events.serving import EVENTS, serving
from tests.events.world import CLOCK, World, draft

ROUNDS = 200
WRITERS = 20
CHANGES = 25
BACKLOG = 10_000


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which that part of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


async def latency(world: World) -> Mapping[str, float]:
    """Milliseconds from the acknowledged commit to the frame at a WebSocket client; the commit itself beside it."""
    after, commits = [], []
    async with serving(world) as served, served.signed_in() as client:
        await client.subscribe(EVENTS, {"after": str((await world.end()).seq)})
        # The sequencer that numbered the backlog holds its lease for some seconds more.
        await world.write()
        await client.event()
        for number in range(ROUNDS):
            began = time.perf_counter()
            await world.write(draft(number), ring=False)
            committed = time.perf_counter()
            await world.doorbell.ring(world.tenant)
            await client.event()
            after.append((time.perf_counter() - committed) * 1000)
            commits.append((committed - began) * 1000)
    return {
        "p50_ms": statistics.median(after),
        "p99_ms": percentile(after, 0.99),
        "max_ms": max(after),
        "commit_p50_ms": statistics.median(commits),
    }


async def throughput(world: World) -> Mapping[str, float]:
    """Changes of one event each a second, from first commit to the last delivery at a subscriber in the process."""
    before = (await world.end()).seq
    total = WRITERS * CHANGES

    async def writer(number: int) -> None:
        for _ in range(CHANGES):
            await world.write(draft(number))

    async with world.hub() as hub, aclosing(hub.subscribe(world.tenant, before)) as items:
        began = time.perf_counter()
        writing = asyncio.gather(*(writer(number) for number in range(WRITERS)))
        for _ in range(total):
            assert not isinstance(await anext(items), Gap)
        seconds = time.perf_counter() - began
        await writing
    return {"changes_a_second": total / seconds}


async def numbering(world: World) -> Mapping[str, float]:
    """Events a second that one sequencer numbers, chains and puts on the stream, out of a backlog."""
    for _ in range(BACKLOG // 500):
        await world.write(*(draft(number) for number in range(500)), ring=False)
    candidate = world.candidate("benchmark")
    began, done = time.perf_counter(), 0
    while (batch := await candidate.number(world.tenant)) is not None:
        await candidate.publish(world.tenant, batch.events)
        done += len(batch.events)
    return {"events_a_second": done / (time.perf_counter() - began)}


async def replay(world: World) -> Mapping[str, float]:
    """Events a second that a subscriber gets from the beginning of the log, and that verification takes."""
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
    return {"events_a_second": len(got) / replayed, "verified_a_second": len(got) / (time.perf_counter() - began)}


async def measure(graph: GraphSettings, redis_url: str) -> Mapping[str, Mapping[str, float]]:
    """All of it, in a tenant of its own."""
    async with AsyncExitStack() as stack:
        world = World(
            await stack.enter_async_context(Graph.connect(graph)),
            await stack.enter_async_context(connect(redis_url)),
            tenant=f"bench{Ids(CLOCK).new()}",
        )
        await migrate(world.graph)
        await world.open()
        stack.push_async_callback(world.close)
        backlog = await numbering(world)
        replayed = await replay(world)
        async with world.running():
            return {
                "numbering": backlog,
                "replay": replayed,
                "latency": await latency(world),
                "throughput": await throughput(world),
            }


if __name__ == "__main__":
    bolt, redis = sys.argv[1:]
    settings = GraphSettings(uri=bolt, user="neo4j", password=os.environ["NEO4J_PASSWORD"])
    found = asyncio.run(measure(settings, redis))
    sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
