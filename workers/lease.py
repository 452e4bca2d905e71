"""The lease on a claimed run: renewed in time, and known to be over even while the graph cannot be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from app.domain.run_ledger import RunLedger, RunLost
from app.domain.run_records import Claim
from app.domain.runs import RunState
from app.graph_failures import GraphUnavailable, OutcomeUnknown
from app.ports import Clock

RETRY_SECONDS = 0.5

log: structlog.stdlib.BoundLogger = structlog.get_logger("lease")


class Lease:
    """Says whether the run is still ours, by our own clock: counted from before the last renewal was asked for."""

    def __init__(
        self, ledger: RunLedger, claim: Claim, clock: Clock, *, seconds: float, heard: Callable[[RunState], None]
    ) -> None:
        """`heard` is told, with every renewal, what is to become of the run."""
        self._ledger = ledger
        self._claim = claim
        self._clock = clock
        self._seconds = seconds
        self._until = clock.monotonic()
        self._heard = heard
        self._renewal = asyncio.Event()

    def renewed(self, began: float) -> None:
        """A write that renews the lease succeeded; it was begun at `began` of the monotonic clock."""
        self._until = max(self._until, began + self._seconds)
        self._renewal.set()

    @property
    def valid(self) -> bool:
        """Whether no other worker can have claimed the run yet."""
        return self._clock.monotonic() < self._until

    async def ensure(self) -> None:
        """Return while the lease is valid; otherwise once it has been renewed."""
        while not self.valid:
            self._renewal.clear()
            await self._renewal.wait()

    async def keep(self) -> None:
        """Renew in time until cancelled. Raises RunLost where another worker has claimed the run."""
        while True:
            await self._clock.sleep(self._seconds / 3)
            while not await self.renew():
                await self._clock.sleep(RETRY_SECONDS)

    async def renew(self) -> bool:
        """Renew now; False where the graph does not answer. Raises RunLost."""
        began = self._clock.monotonic()
        try:
            state = await self._ledger.renew(self._claim)
        except (GraphUnavailable, OutcomeUnknown) as error:
            log.warning("lease.not_renewed", run=self._claim.run_id, error=repr(error))
            return False
        if state is None:
            raise RunLost(self._claim.run_id)
        self.renewed(began)
        self._heard(state)
        return True
