"""Delivering events to subscribers: replayed from the graph, then live from the stream, each once and in order.

Per process and tenant one task reads the stream. What it reads must continue the hash chain; anything else (a hole, an
emptied or foreign Redis) sends it to the graph, so that Redis can delay an event but never lose or invent one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.broker import LONGEST_WAIT
from app.domain.event_chain import Anchor, verify
from app.domain.event_filter import EVERYTHING, EventFilter
from app.domain.recorded_events import EventUnreadable, RecordedEvent
from app.event_log import PAGE, end_of_log, pages, stretch
from app.event_stream import EventStream
from app.graph import Graph
from app.graph_failures import GraphUnavailable
from app.ports import Clock

QUEUE = 2000
READ_LIMIT = 500
BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)

TOO_SLOW = "the subscriber is slower than the events; subscribe again after the cursor"
LOG_UNREADABLE = "the log cannot be read now; subscribe again after the cursor"
BEYOND_END = "the log ends before the place that was asked for; events follow from the cursor on"

_EXPECTED = (RedisError, OSError, GraphUnavailable, EventUnreadable)

log: structlog.stdlib.BoundLogger = structlog.get_logger("trellis.events")


@dataclass(frozen=True, slots=True)
class Gap:
    """Events after number `cursor` were not delivered; subscribing with `after` = `cursor` brings them."""

    cursor: int
    reason: str


class _Subscriber:
    """What waits for one subscriber: at most `limit` events, and the reason where others had to be left out."""

    def __init__(self, wanted: EventFilter, limit: int) -> None:
        self.wanted = wanted
        self.limit = limit
        self.waiting: deque[RecordedEvent] = deque()
        self.left_out: str | None = None
        self.changed = asyncio.Event()

    def offer(self, event: RecordedEvent) -> None:
        """Take an event, or remember that it was left out."""
        if self.left_out is not None or not self.wanted.matches(event):
            return
        if len(self.waiting) >= self.limit:
            self.interrupt(TOO_SLOW)
            return
        self.waiting.append(event)
        self.changed.set()

    def interrupt(self, reason: str) -> None:
        """Take no more until the subscriber was told why."""
        self.left_out = reason
        self.changed.set()


class _Tail:
    """Follows one tenant's stream and hands every event to the subscribers. `place` is the last one handed out."""

    def __init__(self, graph: Graph, stream: EventStream, clock: Clock, *, tenant: str, place: Anchor) -> None:
        self._graph = graph
        self._stream = stream
        self._clock = clock
        self._tenant = tenant
        self.place = place
        self.subscribers: set[_Subscriber] = set()
        self.users = 0
        self.closed = False
        self._task = asyncio.create_task(self._follow(), name=f"event hub {tenant}")

    async def close(self) -> None:
        """Stop following, and wake whoever still waits."""
        self.closed = True
        for subscriber in self.subscribers:
            subscriber.changed.set()
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _follow(self) -> None:
        failures = 0
        while True:
            try:
                events = await self._stream.read(
                    self._tenant, after=self.place.seq, wait_seconds=LONGEST_WAIT, limit=READ_LIMIT
                )
                if not events or not self._hand_out(events):
                    await self._read_log()
                if events and events[-1].seq > self.place.seq:
                    raise EventUnreadable("the stream goes beyond the log")
                if failures:
                    log.info("hub.recovered", tenant=self._tenant)
                failures = 0
            except Exception as error:
                if failures == 0:
                    unexpected = not isinstance(error, _EXPECTED)
                    log.warning("hub.degraded", tenant=self._tenant, error=repr(error), exc_info=unexpected)
                await self._clock.sleep(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)])
                failures += 1
                with suppress(*_EXPECTED):
                    await self._read_log()

    def _hand_out(self, events: list[RecordedEvent]) -> bool:
        """Hand out what continues the chain; says whether that was all of it."""
        for event in events:
            if event.seq <= self.place.seq:
                continue
            if verify([event], start=self.place) is not None:
                return False
            self.place = Anchor(event.seq, event.hash)
            for subscriber in self.subscribers:
                subscriber.offer(event)
        return True

    async def _read_log(self) -> None:
        """Hand out what the graph has beyond the place. Raises GraphUnavailable and EventUnreadable."""
        end = await end_of_log(self._graph, self._tenant)
        if end.seq < self.place.seq:
            log.warning("hub.log_went_back", tenant=self._tenant, place=self.place.seq, log=end.seq)
            self.place = end
            for subscriber in self.subscribers:
                subscriber.interrupt(BEYOND_END)
            return
        async for events in pages(self._graph, self._tenant, after=self.place.seq, until=end.seq):
            for event in events:
                if event.seq <= self.place.seq:
                    continue
                self.place = Anchor(event.seq, event.hash)
                for subscriber in self.subscribers:
                    subscriber.offer(event)


class EventHub:
    """All subscriptions of a process; use it as an asynchronous context manager. `queue` bounds each subscriber."""

    def __init__(
        self, graph: Graph, redis: Redis, clock: Clock, *, queue: int = QUEUE, stream: EventStream | None = None
    ) -> None:
        self._graph = graph
        self._clock = clock
        self._stream = stream or EventStream(redis)
        self._queue = queue
        self._tails: dict[str, _Tail] = {}
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> EventHub:
        """The hub itself; nothing is read before the first subscription."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all subscriptions and stop reading."""
        tails, self._tails = list(self._tails.values()), {}
        for tail in tails:
            await tail.close()

    def subscribers(self, tenant: str | None = None) -> int:
        """How many subscriptions are open, of one tenant or of all."""
        return sum(tail.users for name, tail in self._tails.items() if tenant in (None, name))

    async def subscribe(
        self, tenant: str, after: int | None = None, wanted: EventFilter = EVERYTHING
    ) -> AsyncGenerator[RecordedEvent | Gap, None]:
        """The wanted events with a number above `after`, or from now on; each once, in the order of their numbers.

        It goes on until it is closed. Where the reader is too slow, a Gap comes in place of what was left out, and then
        new events. Raises GraphUnavailable where the log cannot be read at the beginning.
        """
        tail = await self._open(tenant)
        subscriber = _Subscriber(wanted, self._queue)
        try:
            cursor = tail.place.seq if after is None else max(after, 0)
            if cursor > tail.place.seq:
                end = await end_of_log(self._graph, tenant)
                if cursor > end.seq:
                    cursor = end.seq
                    yield Gap(cursor, BEYOND_END)
            while cursor < tail.place.seq:
                page_end = min(cursor + PAGE, tail.place.seq)
                try:
                    events = await stretch(self._graph, tenant, after=cursor, until=page_end, wanted=wanted)
                except GraphUnavailable:
                    yield Gap(cursor, LOG_UNREADABLE)
                    return
                for event in events:
                    yield event
                cursor = page_end
            # Nothing waits between the question above and here: what the tail hands out next follows the cursor.
            tail.subscribers.add(subscriber)
            while not tail.closed:
                subscriber.changed.clear()
                while subscriber.waiting:
                    event = subscriber.waiting.popleft()
                    if event.seq > cursor:
                        cursor = event.seq
                        yield event
                if subscriber.left_out is not None:
                    reason, subscriber.left_out = subscriber.left_out, None
                    cursor = min(cursor, tail.place.seq)
                    yield Gap(cursor, reason)
                    continue
                await subscriber.changed.wait()
        finally:
            tail.subscribers.discard(subscriber)
            await self._leave(tenant, tail)

    async def _open(self, tenant: str) -> _Tail:
        async with self._opening:
            tail = self._tails.get(tenant)
            if tail is None:
                place = await end_of_log(self._graph, tenant)
                tail = _Tail(self._graph, self._stream, self._clock, tenant=tenant, place=place)
                self._tails[tenant] = tail
            tail.users += 1
            return tail

    async def _leave(self, tenant: str, tail: _Tail) -> None:
        tail.users -= 1
        if tail.users == 0 and self._tails.get(tenant) is tail:
            del self._tails[tenant]
            await tail.close()
