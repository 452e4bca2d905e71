"""The reaper: rings again for runs that nobody took, or whose worker has fallen silent."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from app.domain.run_ledger import RunLedger
from app.ports import Clock, JobQueue

log: structlog.stdlib.BoundLogger = structlog.get_logger("reaper")


class Reaper:
    """Looks for overdue runs of some tenants every `interval` seconds; each is rung for once per `patience` seconds.

    Every worker has one: which of them finds a run first does not matter, the graph lets only one.
    """

    def __init__(
        self,
        ledger: RunLedger,
        queue: JobQueue,
        clock: Clock,
        *,
        tenants: Sequence[str],
        interval: float,
        patience: float,
    ) -> None:
        self._ledger = ledger
        self._queue = queue
        self._clock = clock
        self._tenants = tuple(tenants)
        self._interval = interval
        self._patience = patience
        self._failing = False

    async def run(self) -> None:
        """Look until cancelled; failures are logged once and tried again."""
        while True:
            try:
                for tenant in self._tenants:
                    await self.look(tenant)
                if self._failing:
                    log.info("reaper.recovered")
                self._failing = False
            except Exception as error:
                if not self._failing:
                    log.warning("reaper.failing", error=repr(error))
                self._failing = True
            await self._clock.sleep(self._interval)

    async def look(self, tenant: str) -> tuple[str, ...]:
        """Ring for a tenant's overdue runs and return their ids. Raises GraphUnavailable, OutcomeUnknown."""
        overdue = await self._ledger.overdue(tenant, patience=self._patience)
        for one in overdue:
            log.info("run.rung_again", tenant=tenant, run=one.run_id, attempt=one.attempt)
            await self._queue.enqueue(
                tenant, one.run_id, project=one.project, attempt=one.attempt, priority=one.priority
            )
        return tuple(one.run_id for one in overdue)
