"""Time that a test turns by hand, and how crowded the time of the machine is."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class HandClock:
    """A clock that stands still until it is advanced; who sleeps wakes when the time has come."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._seconds = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        """Return once the clock was advanced that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._seconds + seconds, woken))
        await woken

    def sleeping(self, longest: float) -> int:
        """How many sleep at most that long from now."""
        return sum(1 for until, one in self._sleepers if not one.done() and until <= self._seconds + longest)

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake whoever slept until then."""
        self._seconds += seconds
        for until, woken in self._sleepers:
            if until <= self._seconds and not woken.done():
                woken.set_result(None)
        self._sleepers = [one for one in self._sleepers if not one[1].done()]


def crowdedness() -> float:
    """How many times longer than it works something takes at the moment, because others keep the machine busy."""
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < 0.005:
        pass
    return (time.perf_counter() - began) / (time.thread_time() - worked)
