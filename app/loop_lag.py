"""How long the event loop was kept busy at a time: what anybody else had to wait for."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

TICK_SECONDS = 0.02


class Busy(Protocol):
    """Takes what was measured."""

    def observe(self, amount: float) -> None:
        """Take one measurement, in seconds."""


async def watch(busy: Busy) -> None:
    """Measure for ever, some fifty times a second.

    Counted is the processor time that the loop's thread used from one tick to the next, so that a machine that other
    programs keep busy does not look like a loop that is blocked.
    """
    while True:
        before = time.thread_time()
        await asyncio.sleep(TICK_SECONDS)
        busy.observe(time.thread_time() - before)
