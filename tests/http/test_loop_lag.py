"""What the event loop is kept busy by is measured, and the collector does not add to it where an answer is large."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from app import collecting
from app.loop_lag import watch
from tests.http.attacked import LAG_SECONDS


@dataclass(slots=True)
class Observed:
    """Keeps what was measured."""

    seconds: list[float] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def observe(self, amount: float) -> None:
        """Take one measurement."""
        self.seconds.append(amount)
        self.more.set()

    async def next(self) -> float:
        """The measurement that ends next."""
        self.more.clear()
        await self.more.wait()
        return self.seconds[-1]


@pytest.fixture
async def observed() -> AsyncIterator[Observed]:
    """What is measured of the test's own loop."""
    observed = Observed()
    watching = asyncio.create_task(watch(observed))
    await observed.next()
    yield observed
    watching.cancel()


def work(seconds: float) -> None:
    """Keep the thread at work for so many seconds of CPU."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


async def test_a_loop_that_is_blocked_is_late(observed: Observed) -> None:
    # given a loop that is watched
    # when something keeps it longer than it may
    work(1.5 * LAG_SECONDS)
    # then that tick says so
    assert await observed.next() > LAG_SECONDS


async def test_a_thread_that_works_does_not_make_the_loop_late(observed: Observed) -> None:
    # given a loop that is watched
    known = len(observed.seconds)
    # when a thread works for as long as would be too long
    await asyncio.to_thread(work, 1.5 * LAG_SECONDS)
    await observed.next()
    # then no tick says that the loop was kept busy
    assert max(observed.seconds[known:]) < LAG_SECONDS


def test_nothing_is_collected_while_it_is_paused() -> None:
    # given two who pause the collector
    with collecting.paused():
        with collecting.paused():
            collected = [each["collections"] for each in gc.get_stats()]
            # when many lists are made
            made: list[list[int]] = [[] for _ in range(100_000)]
            # then nothing looked through them
            assert [each["collections"] for each in gc.get_stats()] == collected
            del made
        # and it goes on once the last of them is done
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_failure_ends_a_pause() -> None:
    with pytest.raises(ZeroDivisionError), collecting.paused():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_a_pause_that_has_lasted_is_not_made_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    # given somebody whose pause is as long as they may be
    monkeypatch.setattr(collecting, "LONGEST_PAUSE", -1.0)
    first = collecting.paused()
    with first:
        second = collecting.paused()
        second.__enter__()
        # when it ends while another one goes on
    # then the collector goes on
    assert gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()
