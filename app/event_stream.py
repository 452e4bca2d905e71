"""The Redis Stream of a tenant's newest events: a copy of the log's tail that readers can wait on.

The entry of an event has the id `<seq>-0`. Redis refuses an id that is not above the last one, so that adding an event
twice leaves one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.broker import ANSWER_SECONDS, answering
from app.domain.recorded_events import EventUnreadable, RecordedEvent, from_wire, to_wire

BOUND = 10_000
_FIELD = b"event"

_Entries = list[tuple[bytes, dict[bytes, bytes]]]


def _key(tenant: str) -> str:
    return f"trellis:events:{tenant}"


def _seq(entry_id: bytes) -> int:
    return int(entry_id.partition(b"-")[0])


class EventStream:
    """Adds to and reads from the streams of all tenants; each keeps about `bound` events."""

    def __init__(self, redis: Redis, *, bound: int = BOUND) -> None:
        self._redis = redis
        self.bound = bound

    async def last(self, tenant: str) -> int:
        """The number of the newest event in the stream, 0 where it is empty. Raises RedisError and OSError."""
        async with answering():
            entries = cast("_Entries", await self._redis.xrevrange(_key(tenant), count=1))
        return _seq(entries[0][0]) if entries else 0

    async def lasts(self, tenants: Sequence[str]) -> dict[str, int]:
        """The same for many tenants in one exchange. Raises RedisError and OSError."""
        async with answering(), self._redis.pipeline(transaction=False) as pipeline:
            for tenant in tenants:
                pipeline.xrevrange(_key(tenant), count=1)
            answers = cast("list[_Entries]", await pipeline.execute())
        return {tenant: _seq(entries[0][0]) if entries else 0 for tenant, entries in zip(tenants, answers, strict=True)}

    async def append(self, tenant: str, events: Sequence[RecordedEvent]) -> None:
        """Add events in the order of their numbers; those already there are passed over. Raises RedisError, OSError."""
        async with answering(), self._redis.pipeline(transaction=False) as pipeline:
            for event in events:
                pipeline.xadd(
                    _key(tenant), {_FIELD: to_wire(event)}, id=f"{event.seq}-0", maxlen=self.bound, approximate=True
                )
            answers = await pipeline.execute(raise_on_error=False)
        for answer in answers:
            there = isinstance(answer, ResponseError) and "equal or smaller" in str(answer)
            if isinstance(answer, Exception) and not there:
                raise answer

    async def clear(self, tenant: str) -> None:
        """Forget a tenant's stream. Raises RedisError and OSError."""
        async with answering():
            await self._redis.delete(_key(tenant))

    async def read(self, tenant: str, *, after: int, wait_seconds: float, limit: int) -> list[RecordedEvent]:
        """The events above `after`, at most `limit`; waits for one where there is none, and may return none.

        Raises RedisError and OSError, and EventUnreadable where the stream holds something else.
        """
        async with answering(wait_seconds + ANSWER_SECONDS):
            answer = await self._redis.xread({_key(tenant): f"{after}-0"}, count=limit, block=int(wait_seconds * 1000))
        entries = cast("_Entries", answer[0][1] if answer else [])
        events = []
        for entry_id, fields in entries:
            event = from_wire(tenant, fields.get(_FIELD, b""))
            if event.seq != _seq(entry_id):
                raise EventUnreadable("an entry's id is not its event's number")
            events.append(event)
        return events
