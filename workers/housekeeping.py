"""Housekeeping: forgets the ids of operations once no retry can ask for them any more."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from app.graph import Graph
from app.ports import Clock

BATCH = 1000
HOURS = 24

log: structlog.stdlib.BoundLogger = structlog.get_logger("housekeeping")


class Housekeeping:
    """Looks once an hour; every worker has one, and a repeat does no harm.

    An operation's id is kept for `hours`: as long as a client may repeat a request under its idempotency key.
    """

    def __init__(
        self, graph: Graph, clock: Clock, *, tenants: Sequence[str], hours: int = HOURS, interval: float = 3600.0
    ) -> None:
        self._graph = graph
        self._clock = clock
        self._tenants = tuple(tenants)
        self._hours = hours
        self._interval = interval

    async def run(self) -> None:
        """Look until cancelled; a failure is logged and tried again at the next look."""
        while True:
            try:
                for tenant in self._tenants:
                    await self.forget(tenant)
            except Exception as error:
                log.warning("housekeeping.failing", error=repr(error))
            await self._clock.sleep(self._interval)

    async def forget(self, tenant: str) -> int:
        """Delete what is too old of one tenant, and return how many. Raises GraphUnavailable, OutcomeUnknown."""
        total = 0
        while True:
            rows = await self._graph.write("operations/forget_operations", tenant, hours=self._hours, most=BATCH)
            forgotten = rows[0]["forgotten"]
            total += forgotten if isinstance(forgotten, int) else 0
            if forgotten != BATCH:
                return total
