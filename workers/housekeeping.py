"""Housekeeping: forgets what is old - ids of operations, decisions of policies - and lets exceptions lapse."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from app.domain.policies import ageing
from app.graph import Graph
from app.ids import Ids
from app.ports import Clock, Doorbell

BATCH = 1000
HOURS = 24
DECISION_DAYS = 90

log: structlog.stdlib.BoundLogger = structlog.get_logger("housekeeping")


class Housekeeping:
    """Looks once an hour; every worker has one, and a repeat does no harm.

    An operation's id is kept for `hours`: as long as a client may repeat a request under its idempotency key. What a
    policy decided is kept for `decision_days`.
    """

    def __init__(
        self,
        graph: Graph,
        clock: Clock,
        *,
        tenants: Sequence[str],
        doorbell: Doorbell,
        hours: int = HOURS,
        decision_days: int = DECISION_DAYS,
        interval: float = 3600.0,
    ) -> None:
        self._graph = graph
        self._clock = clock
        self._ids = Ids(clock)
        self._doorbell = doorbell
        self._decision_days = decision_days
        self._tenants = tuple(tenants)
        self._hours = hours
        self._interval = interval

    async def run(self) -> None:
        """Look until cancelled; a failure is logged and tried again at the next look."""
        while True:
            try:
                for tenant in self._tenants:
                    await self.look(tenant)
            except Exception as error:
                log.warning("housekeeping.failing", error=repr(error))
            await self._clock.sleep(self._interval)

    async def look(self, tenant: str) -> None:
        """Do what there is to do for one tenant, as of the clock's time. Raises GraphUnavailable, OutcomeUnknown."""
        await self.forget(tenant)
        await ageing.forget_decisions(self._graph, tenant, days=self._decision_days)
        await ageing.lapse_exceptions(self._graph, tenant, ids=self._ids, doorbell=self._doorbell, at=self._clock.now())

    async def forget(self, tenant: str) -> int:
        """Delete what is too old of one tenant, and return how many. Raises GraphUnavailable, OutcomeUnknown."""
        total = 0
        while True:
            rows = await self._graph.write("operations/forget_operations", tenant, hours=self._hours, most=BATCH)
            forgotten = rows[0]["forgotten"]
            total += forgotten if isinstance(forgotten, int) else 0
            if forgotten != BATCH:
                return total
