"""Following objects until something is so: a list, then a watch, and again when the watch ends, breaks or expires."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import Executor
from typing import Final, TypeVar

from app.ports import Clock
from workers.providers.contract import ProviderUnavailable
from workers.providers.kubernetes_api import Change, KubernetesApi, Selection
from workers.providers.kubernetes_objects import KubernetesObject
from workers.providers.kubernetes_transport import Expired

M = TypeVar("M", bound=KubernetesObject)
T = TypeVar("T")

Judge = Callable[[Mapping[str, M], bool], Awaitable[T | None]]
"""Told the objects by name, and whether they were just listed; any answer but None ends the following."""

_WATCH_SECONDS: Final = 10.0
_SHORTEST_SECONDS: Final = 1.0
_GRACE_SECONDS: Final = 1.0
_FIRST_BACKOFF_SECONDS: Final = 0.2
_LONGEST_BACKOFF_SECONDS: Final = 5.0


class DeadlinePassed(Exception):
    """It did not become so in time; `unavailable` is set if the cluster could not be asked at the end."""

    def __init__(self, unavailable: ProviderUnavailable | None) -> None:
        super().__init__("the deadline has passed")
        self.unavailable = unavailable


class Follower:
    """Follows objects of one cluster; an API server that goes away is waited for until the deadline."""

    def __init__(self, api: KubernetesApi, clock: Clock, *, requests: Executor, watches: Executor) -> None:
        """Lists run in `requests`, watches (which take seconds each) in `watches`."""
        self._api = api
        self._clock = clock
        self._requests = requests
        self._watches = watches

    async def until(self, selection: Selection[M], judge: Judge[M, T], *, deadline: float) -> T:
        """Follow the selected objects until `judge` answers; `deadline` is a time of the clock's `monotonic`.

        The judge sees every state that the cluster reports, and at least every ten seconds a fresh one. Raises
        DeadlinePassed, ProviderFailure where the cluster refuses, and what the judge raises.
        """
        broken = 0
        problem: ProviderUnavailable | None = None
        while (remaining := deadline - self._clock.monotonic()) > 0:
            began = self._clock.monotonic()
            try:
                answer = await self._once(selection, judge, remaining)
                if answer is not None:
                    return answer
                problem = None
            except Expired:
                problem = None
            except ProviderUnavailable as unavailable:
                problem = unavailable
            if problem is None and self._clock.monotonic() - began >= _SHORTEST_SECONDS:
                broken = 0
                continue
            # Also a watch that ends at once, again and again, is one that is broken.
            broken += 1
            await self._clock.sleep(min(_backoff(broken), max(0.0, deadline - self._clock.monotonic())))
        raise DeadlinePassed(problem)

    async def _once(self, selection: Selection[M], judge: Judge[M, T], remaining: float) -> T | None:
        loop = asyncio.get_running_loop()
        listing = await loop.run_in_executor(self._requests, lambda: self._api.list(selection, seconds=remaining))
        state = {item.metadata.name: item for item in listing.items}
        answer = await judge(state, True)
        if answer is not None:
            return answer
        changes = self._changes(selection, listing.resource_version, min(_WATCH_SECONDS, remaining))
        async with contextlib.aclosing(changes):
            async for change in changes:
                if change.gone:
                    state.pop(change.item.metadata.name, None)
                else:
                    state[change.item.metadata.name] = change.item
                answer = await judge(state, False)
                if answer is not None:
                    return answer
        return None

    async def _changes(self, selection: Selection[M], version: str, seconds: float) -> AsyncGenerator[Change[M], None]:
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[Change[M] | None] = asyncio.Queue()
        watch = self._api.watch(selection, version, seconds=seconds)

        def deliver(change: Change[M] | None) -> None:
            loop.call_soon_threadsafe(arrived.put_nowait, change)

        def run() -> None:
            # The loop may be gone when the last of it arrives: then nobody waits for it any more.
            with contextlib.suppress(RuntimeError):
                try:
                    watch.run(deliver)
                finally:
                    deliver(None)

        running = loop.run_in_executor(self._watches, run)
        # Where the answer came first, nobody asks any more how the watch ended.
        running.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
        # Not every watch gets a thread at once, and a connection can die without a sign: the next list tells more then.
        until = loop.time() + seconds + _GRACE_SECONDS
        try:
            while (change := await asyncio.wait_for(arrived.get(), until - loop.time())) is not None:
                yield change
            await running
        except TimeoutError:
            return
        finally:
            watch.stop()
            running.cancel()


def _backoff(failures: int) -> float:
    longest: float = min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2.0 ** min(failures - 1, 10))
    return longest * random.uniform(0.5, 1.0)
