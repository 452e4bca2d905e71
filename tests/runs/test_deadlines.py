"""Work within a deadline, and tasks that are cancelled for good."""

from __future__ import annotations

import asyncio

import pytest

from tests.clocks import HandClock
from tests.runs.deploying import eventually
from workers.deadlines import DeadlinePassed, cancelled, within


async def test_work_that_is_done_at_once_needs_no_timer() -> None:
    # given
    clock = HandClock()

    async def work() -> int:
        return 7

    # then
    assert await within(clock, 5.0, work()) == 7
    assert clock.sleeping(1e9) == 0


async def test_work_that_takes_too_long_is_cancelled() -> None:
    # given
    clock = HandClock()
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    running = asyncio.create_task(within(clock, 5.0, work()))
    await eventually(lambda: clock.sleeping(5.0) == 1)
    # when
    clock.advance(5.0)
    # then
    with pytest.raises(DeadlinePassed):
        await running
    assert ended == ["cancelled"]


async def test_what_the_work_raises_is_raised() -> None:
    # given
    async def work() -> None:
        await asyncio.sleep(0)
        raise LookupError("mine")

    # then
    with pytest.raises(LookupError, match="mine"):
        await within(HandClock(), 5.0, work())


async def test_a_task_that_loses_one_cancellation_is_cancelled_again() -> None:
    # given
    lost: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            lost.append("lost")
        await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    # when
    await cancelled(task)
    # then
    assert (task.cancelled(), lost) == (True, ["lost"])
