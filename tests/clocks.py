"""Time that a test turns by hand."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta


class HandClock:
    """A clock that stands still until it is advanced; who sleeps wakes when the time has come."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._seconds = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        """Return once the clock was advanced that far."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._seconds + seconds, woken))
        await woken

    @property
    def sleepers(self) -> int:
        """How many wait for time to pass."""
        return len(self._sleepers)

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake who waited for it."""
        self._seconds += seconds
        self._now += timedelta(seconds=seconds)
        due = [one for one in self._sleepers if one[0] <= self._seconds]
        self._sleepers = [one for one in self._sleepers if one[0] > self._seconds]
        for _, woken in due:
            if not woken.done():
                woken.set_result(None)
