"""Answers to large queries that are asked again and again, kept until anything of the tenant changes.

Every change that can be seen appends an event in its own transaction. Until the event is numbered it is pending, and
from then on the log's end is another one: where a tenant's log ends at the same number as before and nothing is
pending, nothing was committed in between. Asking that is one small statement, so an answer is never older than that
question; only queries that cost much more than it are kept, and only once they have been asked twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import orjson

from app.graph import Graph
from app.ports import Clock
from app.recent import Recent

WORTH_KEEPING = 2_000
"""The cost from which on a query is kept: what is cheaper takes hardly longer than to ask whether it has changed."""
LONGEST_KEPT_SECONDS = 60.0
"""Seconds after which an answer is read anew in any case: some answers depend on the time of day."""
SHARE = 4
"""One answer takes at most this part of the memory for all: a huge one does not push out all others."""
REMEMBERED = 4_096
"""Queries whose first asking is remembered."""


class Watcher(Protocol):
    """Is told how often answers were at hand, for metrics."""

    def response_cache_asked(self, *, hit: bool) -> None:
        """An answer was looked for."""


@dataclass(frozen=True, slots=True)
class _Kept:
    revision: int
    until: float
    data: bytes


class ResponseCache:
    """Keeps answers of at most `megabytes` together, the longest unused leaving first; 0 keeps none."""

    def __init__(self, graph: Graph, clock: Clock, *, megabytes: int, watcher: Watcher | None = None) -> None:
        self._graph = graph
        self._clock = clock
        self._most = megabytes * 1024 * 1024
        self._watcher = watcher
        self._asked: Recent[bool] = Recent(REMEMBERED)
        self._kept: Recent[_Kept] = Recent(REMEMBERED, heaviest=self._most)

    @property
    def held(self) -> int:
        """How many answers are kept."""
        return len(self._kept)

    async def answer(
        self,
        tenant: str,
        asked: Callable[[], Hashable],
        *,
        cost: int,
        read: Callable[[], Awaitable[tuple[object, bool]]],
    ) -> object:
        """The answer to `asked`, as it was read before if nothing has changed, or else as `read` gives it now.

        `asked` makes the key, where one is needed: everything the answer depends on but the graph, which is who asks,
        document, operation and variables.
        `read` says with the answer whether it may be kept. Raises GraphUnavailable and whatever `read` raises.
        """
        if cost < WORTH_KEEPING or not self._most:
            return (await read())[0]
        key = tenant, asked()
        if self._asked.find(key) is None:
            self._asked.put(key, True)
            return (await read())[0]
        # Asked before reading: what is committed between the two makes the answer newer than it claims to be.
        revision = await self._revision(tenant)
        kept = self._kept.find(key)
        hit = kept is not None and kept.revision == revision and self._clock.monotonic() < kept.until
        if self._watcher is not None:
            self._watcher.response_cache_asked(hit=hit)
        if hit and kept is not None:
            return orjson.Fragment(kept.data)
        data, keep = await read()
        if revision is None or not keep:
            return data
        encoded = _encoded(data)
        if len(encoded) <= self._most // SHARE:
            until = self._clock.monotonic() + LONGEST_KEPT_SECONDS
            self._kept.put(key, _Kept(revision, until, encoded), weight=len(encoded))
        return orjson.Fragment(encoded)

    async def _revision(self, tenant: str) -> int | None:
        """Where the tenant's log ends; None while something committed has no number yet."""
        row = (await self._graph.read("events/read_revision", tenant))[0]
        seq = row["seq"]
        return seq if isinstance(seq, int) and not row["pending"] else None


def _encoded(data: object) -> bytes:
    # What is large was encoded already, in a thread, where nobody waits for it.
    if isinstance(data, orjson.Fragment) and isinstance(data.contents, bytes):
        return data.contents
    return orjson.dumps(data)


def digest(*parts: object) -> bytes:
    """A short key for parts that JSON can write."""
    return sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)).digest()
