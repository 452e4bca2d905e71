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


class Stopped(Exception):
    """The work was asked to stop and was cancelled; `listened` says that it has ended."""

    def __init__(self, listened: bool) -> None:
        super().__init__()
        self.listened = listened


async def within(
    clock: Clock, seconds: float, work: Coroutine[object, object, T], *, stop: asyncio.Future[None] | None = None
) -> T:
    """What the work returns, or raises, within `seconds`.

    Raises DeadlinePassed after that, and Stopped once `stop` is done. Work that comes to its end while it is stopped
    has its result.
    """
    task = asyncio.create_task(work)
    timer: asyncio.Task[None] | None = None
    try:
        # Work that does not have to wait for anything is done after one turn of the loop, and needs no timer.
        await asyncio.sleep(0)
        if not task.done():
            timer = asyncio.create_task(clock.sleep(seconds))
            awaited: list[asyncio.Future[T] | asyncio.Future[None]] = [task, timer]
            if stop is not None:
                awaited.append(stop)
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        if stop is not None and stop.done():
            await cancelled(task)
            if task.done() and not task.cancelled():
                return task.result()
            raise Stopped(task.done())
        raise DeadlinePassed
    finally:
        await cancelled(*(one for one in (task, timer) if one is not None))


async def slept(clock: Clock, seconds: float, *, stop: asyncio.Future[None]) -> bool:
    """Whether the whole time has passed: False as soon as `stop` is done."""
    sleeping = asyncio.create_task(clock.sleep(seconds))
    try:
        await asyncio.wait([sleeping, stop], return_when=asyncio.FIRST_COMPLETED)
        return not stop.done()
    finally:
        await cancelled(sleeping)


async def cancelled(*tasks: asyncio.Task[T] | asyncio.Task[None]) -> None:
    """Cancel tasks and wait for them, but not for one that does not listen: a thread may take its time."""
    left = {task for task in tasks if not task.done()}
    for _ in range(CANCEL_TIMES):
        # More than once: before Python 3.12 `asyncio.wait_for`, which the Redis client uses, can lose a cancellation.
        for task in left:
            task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=CANCEL_SECONDS)
