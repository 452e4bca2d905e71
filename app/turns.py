"""Turns at the database: how many statements a person and a tenant may have under way in a process at a time.

Connections are few. Without turns one person's slow reads would hold them all, and everybody else wait behind them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from app.ports import Clock

_asking: ContextVar[str | None] = ContextVar("asking", default=None)

Key = tuple[str, ...]


class TooBusy(Exception):
    """No turn came in time: whoever asks has as many statements under way as they may. Nothing was asked."""


@contextmanager
def asking(person: str | None) -> Iterator[None]:
    """Say for whom statements run in this context; for None, and outside of it, they need no turn."""
    token = _asking.set(person)
    try:
        yield
    finally:
        _asking.reset(token)


@dataclass(slots=True)
class _Line:
    """Who has a turn, counted, and who waits for one, in order."""

    taken: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Turns:
    """Gives turns to at most `person` statements of a person and `tenant` of a tenant, first come, first served.

    Who finds none free waits for at most `seconds`. What nobody asks for, such as numbering events, needs no turn: so
    `tenant` is less than there are connections.
    """

    def __init__(self, clock: Clock, *, person: int = 25, tenant: int = 40, seconds: float = 5.0) -> None:
        self._clock = clock
        self._person = person
        self._tenant = tenant
        self._seconds = seconds
        self._lines: dict[Key, _Line] = {}

    async def take(self, tenant: str) -> tuple[Key, ...]:
        """Wait for a turn; give back what it returns. Raises TooBusy."""
        who = _asking.get()
        if who is None:
            return ()
        until = self._clock.monotonic() + self._seconds
        taken: list[Key] = []
        try:
            for key, most in (((tenant, who), self._person), ((tenant,), self._tenant)):
                await self._enter(key, most, until)
                taken.append(key)
        except BaseException:
            self.give(tuple(taken))
            raise
        return tuple(taken)

    def give(self, taken: tuple[Key, ...]) -> None:
        """Give a turn back: it passes to who waits longest."""
        for key in taken:
            self._leave(key)

    async def _enter(self, key: Key, most: int, until: float) -> None:
        line = self._lines.setdefault(key, _Line())
        if line.taken < most:
            line.taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.waiting.append(turn)
        late = asyncio.ensure_future(self._clock.sleep(until - self._clock.monotonic()))
        try:
            await asyncio.wait((turn, late), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if turn.done():
                self._leave(key)
            raise
        finally:
            late.cancel()
            if not turn.done():
                line.waiting.remove(turn)
                turn.cancel()
        if turn.cancelled():
            whose = "you have" if len(key) > 1 else "your tenant has"
            raise TooBusy(f"{whose} {most} statements under way, and none ended in time; try again in a moment")

    def _leave(self, key: Key) -> None:
        line = self._lines[key]
        if line.waiting:
            line.waiting.popleft().set_result(None)
            return
        line.taken -= 1
        if not line.taken:
            del self._lines[key]
