"""What the tests of events stand on: a tenant, its writers, its sequencers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from redis.asyncio import Redis

from app.domain.event_chain import Anchor
from app.domain.events import Category, EventDraft, record
from app.domain.recorded_events import RecordedEvent
from app.doorbell import RedisDoorbell
from app.event_hub import EventHub
from app.event_log import end_of_log, stretch
from app.graph import Graph
from app.ids import Ids
from app.ports import SystemClock
from app.sequencer import Sequencer, SequencerSettings
from app.transactions import Operation, Transaction

_ALL = 1_000_000
_LABELS = ("Tenant", "Event", "EventLog", "Operation", "Entity")
CLOCK = SystemClock()
IDS = Ids(CLOCK)


def draft(number: int = 1) -> EventDraft:
    """An event about the service `shop/boutique/s<number>`."""
    return EventDraft(
        type="service.created",
        category=Category.GRAPH,
        subject=f"shop/boutique/s{number}",
        subject_label="Service",
        subject_version=1,
        actor="user:admin",
        correlation_id="request-1",
        message=f"service s{number} was created",
        application_id="shop/boutique",
        data={"after": {"name": f"s{number}"}},
    )


class World:
    """One tenant with what tests do in it."""

    def __init__(self, graph: Graph, redis: Redis, *, tenant: str) -> None:
        self.graph = graph
        self.redis = redis
        self.tenant = tenant
        self.doorbell = RedisDoorbell(redis, CLOCK)

    async def open(self) -> None:
        """Make the tenant known, as the first start does."""
        await self.graph.define(
            f"MERGE (t:Tenant {{tenant: '{self.tenant}', id: '{self.tenant}'}}) SET t.name = 'a test', t.version = 1"
        )

    async def close(self) -> None:
        """Leave nothing of the tenant behind."""
        with suppress(Exception):
            await self.redis.delete(self.key)
        for label in _LABELS:
            await self.graph.define(f"MATCH (n:{label} {{tenant: '{self.tenant}'}}) DETACH DELETE n")

    @property
    def key(self) -> str:
        """The stream's key."""
        return f"trellis:events:{self.tenant}"

    async def write(self, *drafts: EventDraft, ring: bool = True) -> str:
        """Commit events in one transaction, ring, and return the change set."""
        operation = Operation(id=IDS.new(), name="test.write", tenant=self.tenant)

        async def work(transaction: Transaction) -> None:
            await record(transaction, IDS, drafts or (draft(),))

        await self.graph.transact(operation, work)
        if ring:
            await self.doorbell.ring(self.tenant)
        return operation.id

    def candidate(self, owner: str, *, redis: Redis | None = None, lease: float = 3.0, poll: float = 1.0) -> Sequencer:
        """A sequencer for this tenant that does not run yet."""
        return Sequencer(
            self.graph,
            redis or self.redis,
            CLOCK,
            owner=f"{owner}-{self.tenant}",
            tenants=[self.tenant],
            settings=SequencerSettings(lease=lease, poll=poll),
        )

    @asynccontextmanager
    async def running(self, *candidates: Sequencer) -> AsyncIterator[None]:
        """These sequencers at work; or one, where none is named."""
        tasks = [asyncio.create_task(one.run()) for one in candidates or (self.candidate("only"),)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def hub(self, *, redis: Redis | None = None, queue: int = 1000) -> AsyncIterator[EventHub]:
        """A hub of this process."""
        async with EventHub(self.graph, redis or self.redis, CLOCK, queue=queue) as hub:
            yield hub

    async def log(self) -> list[RecordedEvent]:
        """All numbered events, in order."""
        return await stretch(self.graph, self.tenant, after=0, until=_ALL)

    async def end(self) -> Anchor:
        """Where the log ends."""
        return await end_of_log(self.graph, self.tenant)

    async def stream_ids(self) -> list[int]:
        """The numbers of what is on the stream."""
        return [int(entry_id.split(b"-")[0]) for entry_id, _ in await self.redis.xrange(self.key)]

    async def stream_holds(self, count: int) -> bool:
        """Whether the stream has that many events."""
        return len(await self.stream_ids()) == count

    async def stream_ends_at(self, seq: int) -> bool:
        """Whether that is the last number on the stream."""
        return (await self.stream_ids())[-1:] == [seq]

    async def pending(self) -> list[str]:
        """The ids of the events that have no number yet."""
        rows = await self.graph.define(
            f"MATCH (e:Event {{tenant: '{self.tenant}', pending: true}}) RETURN e.id AS id ORDER BY id"
        )
        return [str(row["id"]) for row in rows]

    async def nodes(self) -> dict[str, int]:
        """How many nodes of the tenant there are, by label."""
        counts = {}
        for label in _LABELS:
            rows = await self.graph.define(f"MATCH (n:{label} {{tenant: '{self.tenant}'}}) RETURN count(n) AS count")
            counts[label] = int(str(rows[0]["count"]))
        return {label: count for label, count in counts.items() if count}

    async def expire_lease(self) -> None:
        """Turn the clock past the end of the leader's lease."""
        await self.graph.define(
            f"MATCH (l:EventLog {{tenant: '{self.tenant}'}}) SET l.lease_until = datetime() - duration('PT1S')"
        )

    async def reaches(self, seq: int) -> None:
        """Return once the log ends at `seq`."""

        async def there() -> bool:
            return (await self.end()).seq >= seq

        await until(there)


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 20.0) -> None:
    """Return once the condition holds; raises TimeoutError where it does not within the time."""
    async with asyncio.timeout(seconds):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)
