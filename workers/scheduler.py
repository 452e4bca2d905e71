"""The scheduler: looks for schedules that are due. Every worker has one; the graph lets one of them have each."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from app.domain.schedules import Schedules
from app.ports import Clock

INTERVAL = 5.0

log: structlog.stdlib.BoundLogger = structlog.get_logger("scheduler")


class Scheduler:
    """Looks every `interval` seconds."""

    def __init__(
        self, schedules: Schedules, clock: Clock, *, tenants: Sequence[str], interval: float = INTERVAL
    ) -> None:
        self._schedules = schedules
        self._clock = clock
        self._tenants = tuple(tenants)
        self._interval = interval

    async def run(self) -> None:
        """Look until cancelled; a failure is logged and tried again at the next look."""
        while True:
            try:
                for tenant in self._tenants:
                    await self._schedules.look(tenant)
            except Exception as error:
                log.warning("scheduler.failing", error=repr(error))
            await self._clock.sleep(self._interval)
