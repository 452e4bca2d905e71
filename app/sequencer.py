"""The sequencer: gives committed events their number and their place in the hash chain, and puts them on the stream.

Every process may run one. Per tenant one of them leads, by a lease on the tenant's log; a batch is numbered in one
transaction that locks the log first and carries the leader's fence, so that two never give the same number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.domain.event_chain import GENESIS, Anchor, link
from app.domain.recorded_events import EventUnreadable, RecordedEvent, from_lists
from app.domain.rows import listed
from app.doorbell import rings
from app.event_log import end_of_log, pages
from app.event_stream import EventStream
from app.graph import Graph
from app.graph_failures import GraphUnavailable, OutcomeUnknown
from app.ids import Ids
from app.ports import Clock
from app.transactions import Operation, Transaction

SYSTEM = "system"
RELEASE_SECONDS = 2.0

log: structlog.stdlib.BoundLogger = structlog.get_logger("trellis.sequencer")

_EXPECTED = (GraphUnavailable, OutcomeUnknown, RedisError, OSError, EventUnreadable)


@dataclass(frozen=True, slots=True)
class SequencerSettings:
    """How a sequencer works: times in seconds, `batch` in events a transaction.

    A leader that died is followed after at most `lease` + `poll`; a lost ring delays an event by at most `poll`.
    """

    lease: float = 3.0
    poll: float = 1.0
    batch: int = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction numbered; `more` says that others wait."""

    fence: int
    events: tuple[RecordedEvent, ...]
    more: bool


class _AnotherLeads(Exception):
    """The log is led by someone else: roll back."""


class _NothingPending(Exception):
    """No event waits for a number: roll back."""


class Sequencer:
    """One candidate. `owner` is its name, unique among processes and starts; `tenants` limits it to some tenants."""

    def __init__(
        self,
        graph: Graph,
        redis: Redis,
        clock: Clock,
        *,
        owner: str,
        tenants: Collection[str] | None = None,
        settings: SequencerSettings | None = None,
        stream: EventStream | None = None,
    ) -> None:
        self._graph = graph
        self._redis = redis
        self._clock = clock
        self._ids = Ids(clock)
        self._owner = owner
        self._tenants = None if tenants is None else frozenset(tenants)
        self._settings = settings or SequencerSettings()
        self._stream = stream or EventStream(redis)
        self._fences: dict[str, int] = {}
        self._elsewhere: dict[str, float] = {}
        self._rung: set[str] = set()
        self._wake = asyncio.Event()
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Number and publish until cancelled; failures are logged and retried. Gives its leases back at the end."""
        listener = asyncio.create_task(self._listen(), name="sequencer doorbell")
        try:
            await self._work()
        finally:
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener
            await self._release()

    async def number(self, tenant: str) -> Batch | None:
        """Number one batch of a tenant's events; None where another one leads or nothing waits.

        Raises GraphUnavailable, OutcomeUnknown, and EventUnreadable where an event was damaged.
        """
        try:
            batch = await self._graph.transact(
                Operation(id=self._ids.new(), name="events.number", tenant=tenant), self._number_in
            )
        except _AnotherLeads:
            self._fences.pop(tenant, None)
            self._elsewhere[tenant] = self._clock.monotonic() + self._settings.poll
            return None
        except _NothingPending:
            return None
        self._fences[tenant] = batch.fence
        self._elsewhere.pop(tenant, None)
        return batch

    async def publish(self, tenant: str, events: tuple[RecordedEvent, ...]) -> None:
        """Put numbered events on the stream, and before them whatever it lacks.

        Raises RedisError, OSError, GraphUnavailable, EventUnreadable.
        """
        last = await self._stream.last(tenant)
        before = events[0].seq - 1
        if last < before:
            await self._copy(tenant, after=last, until=before)
        await self._stream.append(tenant, [event for event in events if event.seq > last])

    async def catch_up(self, tenant: str) -> None:
        """Make the stream end where the log ends, as after a crash or an emptied Redis.

        Raises RedisError, OSError, GraphUnavailable, EventUnreadable.
        """
        last = await self._stream.last(tenant)
        end = await end_of_log(self._graph, tenant)
        if last > end.seq:
            log.warning("stream.ahead_of_log", tenant=tenant, stream=last, log=end.seq)
            await self._stream.clear(tenant)
            last = 0
        if last < end.seq:
            log.info("stream.caught_up", tenant=tenant, stream=last, log=end.seq)
            await self._copy(tenant, after=last, until=end.seq)

    async def _copy(self, tenant: str, *, after: int, until: int) -> None:
        async for events in pages(self._graph, tenant, after=max(after, until - self._stream.bound), until=until):
            await self._stream.append(tenant, events)

    async def _number_in(self, transaction: Transaction) -> Batch:
        leading = await transaction.run(
            "events/take_log",
            owner=self._owner,
            fence=self._fences.get(transaction.tenant, 0),
            lease_ms=int(self._settings.lease * 1000),
            genesis=GENESIS.hash,
        )
        if not leading:
            raise _AnotherLeads
        fence, seq, head = (leading[0][name] for name in ("fence", "seq", "head"))
        pending, more = await self._settled(transaction)
        if not pending:
            raise _NothingPending
        events = link(pending, Anchor(seq=int(str(seq)), hash=str(head)))
        numbered = await transaction.run(
            "events/number_events",
            owner=self._owner,
            fence=fence,
            entries=[[event.id, event.seq, event.hash, event.previous_hash] for event in events],
            seq=events[-1].seq,
            head=events[-1].hash,
        )
        if [row["numbered"] for row in numbered] != [len(events)]:
            raise _AnotherLeads
        return Batch(fence=int(str(fence)), events=tuple(events), more=more)

    async def _settled(self, transaction: Transaction) -> tuple[list[RecordedEvent], bool]:
        """The oldest pending events in order, and whether there are others.

        A scan may see a part of a commit, or a later commit without an earlier one. So the events are read again, after
        their transactions have ended, until no other turns up among them.
        """
        limit = self._settings.batch
        listing = await transaction.run("events/list_pending", limit=limit)
        known = [str(one) for one in listed(listing[0]["ids"])]
        while known:
            again = await transaction.run("events/settle_pending", known=list(known), limit=limit)
            events = from_lists(transaction.tenant, again[0]["events"])
            found = [event.id for event in events]
            upto = found.index(known[-1]) + 1 if known[-1] in found else len(found)
            if found[:upto] == known:
                return events[:upto], len(found) > upto or len(found) == limit
            known = found[:upto]
        return [], False

    async def _listen(self) -> None:
        while True:
            try:
                async for tenant in rings(self._redis, self._clock):
                    self._rung.add(tenant)
                    self._wake.set()
            except Exception as error:
                self._failed("doorbell", error)
                await self._clock.sleep(self._settings.poll)

    async def _work(self) -> None:
        work: set[str] = set()
        next_poll = self._clock.monotonic()
        while True:
            if not work and not self._rung:
                await self._wait(next_poll - self._clock.monotonic())
            self._wake.clear()
            work |= {tenant for tenant in self._rung if self._serves(tenant) and not self._led_elsewhere(tenant)}
            self._rung.clear()
            if self._clock.monotonic() >= next_poll:
                work |= await self._poll()
                next_poll = self._clock.monotonic() + self._settings.poll
            for tenant in sorted(work):
                if not await self._serve(tenant):
                    work.discard(tenant)

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _serves(self, tenant: str) -> bool:
        return self._tenants is None or tenant in self._tenants

    def _led_elsewhere(self, tenant: str) -> bool:
        return self._elsewhere.get(tenant, 0.0) > self._clock.monotonic()

    async def _serve(self, tenant: str) -> bool:
        """Number and publish one batch; says whether to go on with this tenant at once."""
        try:
            batch = await self.number(tenant)
            if batch is None:
                return False
            await self.publish(tenant, batch.events)
        except Exception as error:
            self._failed(tenant, error)
            return False
        self._succeeded(tenant)
        return batch.more

    async def _poll(self) -> set[str]:
        """The tenants that have events to number; brings streams that lag up to their logs."""
        try:
            among = None if self._tenants is None else sorted(self._tenants)
            rows = await self._graph.read("events/find_waiting_logs", SYSTEM, among=among)
            ours = {str(row["log_tenant"]): row for row in rows if row["owner"] == self._owner or not row["leased"]}
        except Exception as error:
            self._failed(SYSTEM, error)
            return set()
        self._succeeded(SYSTEM)
        await self._catch_up_all({tenant: int(str(row["seq"])) for tenant, row in ours.items()})
        return {tenant for tenant, row in ours.items() if row["pending"]}

    async def _catch_up_all(self, ends: dict[str, int]) -> None:
        try:
            lasts = await self._stream.lasts(tuple(ends)) if ends else {}
            for tenant, last in lasts.items():
                if last != ends[tenant]:
                    await self.catch_up(tenant)
        except Exception as error:
            self._failed("streams", error)
            return
        self._succeeded("streams")

    def _failed(self, what: str, error: Exception) -> None:
        """Log a failure once, until it succeeds again; one that nobody expects, with where it happened."""
        if what not in self._failing:
            self._failing.add(what)
            expected = isinstance(error, _EXPECTED)
            log.error("sequencer.failing", what=what, error=repr(error), exc_info=None if expected else error)

    def _succeeded(self, what: str) -> None:
        if what in self._failing:
            self._failing.discard(what)
            log.info("sequencer.recovered", what=what)

    async def _release(self) -> None:
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                for tenant, fence in self._fences.items():
                    await self._graph.write("events/release_log", tenant, owner=self._owner, fence=fence)
        except _EXPECTED as error:
            log.info("sequencer.leases_left", error=repr(error))
