"""Work within a deadline of an injected clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from app.ports import Clock

T = TypeVar("T")
CANCEL_SECONDS, CANCEL_TIMES = 1.0, 5


class DeadlinePassed(Exception):
    """The work was not done in time and was cancelled."""


async def within(clock: Clock, seconds: float, work: Coroutine[object, object, T]) -> T:
    """What the work returns, or raises, within `seconds`. Raises DeadlinePassed after that."""
    task = asyncio.create_task(work)
    timer: asyncio.Task[None] | None = None
    try:
        # Work that does not have to wait for anything is done after one turn of the loop, and needs no timer.
        await asyncio.sleep(0)
        if not task.done():
            timer = asyncio.create_task(clock.sleep(seconds))
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise DeadlinePassed
    finally:
        await cancelled(*(one for one in (task, timer) if one is not None))


async def cancelled(*tasks: asyncio.Task[T] | asyncio.Task[None]) -> None:
    """Cancel tasks and wait for them, but not for one that does not listen: a thread may take its time."""
    left = {task for task in tasks if not task.done()}
    for _ in range(CANCEL_TIMES):
        # More than once: before Python 3.12 `asyncio.wait_for`, which the Redis client uses, can lose a cancellation.
        for task in left:
            task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=CANCEL_SECONDS)
