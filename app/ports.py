"""What the domain needs from outside, as protocols; `app/main.py` and `workers/main.py` choose the real ones."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, so that tests can turn it by hand."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that only go forward, for durations."""

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        await asyncio.sleep(seconds)


class Doorbell(Protocol):
    """Wakes the event sequencer after a commit; losing a ring costs latency, never an event."""

    async def ring(self, tenant: str) -> None:
        """Say that a tenant has committed events. Never raises: an unreachable broker is logged."""


class JobQueue(Protocol):
    """Wakes a worker for a run; the run's state is in the graph, so a lost ring is repeated by the reaper."""

    async def nudge(self, tenant: str, run_id: str) -> None:
        """Let the worker that carries a run out look at it now. Never raises: it looks by itself before long."""

    async def observe(self, tenant: str) -> None:
        """Let a worker look for environments that are due to be observed. Never raises: they look by themselves."""

    async def enqueue(self, tenant: str, run_id: str, *, project: str, attempt: int, priority: int = 0) -> None:
        """Ring for a run of a project. Never raises: an unreachable broker is logged and left to the reaper.

        `attempt` counts how often it was taken up. Of the runs of a project that wait, those of higher `priority` are
        taken up first, then the older.
        """
