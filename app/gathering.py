"""Small reads that come while others of their kind are under way are asked in one statement, once one of these ends.

Most of what a small read costs, here and in the database, is the way there and back. Nothing waits that could go at
once: with few readers each has a statement of its own. Whoever waits is answered by a statement that begins after they
asked, so that nobody is told less than a statement of their own would have told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field

from app.transactions import Value

UNDER_WAY = 2
"""Statements of a kind that are under way before further ones wait to be asked together."""
MOST_TOGETHER = 50
"""Reads in one statement at most."""

Parameters = Mapping[str, Value]
Rows = list[list[Value]]


@dataclass(frozen=True, slots=True)
class Together:
    """One statement for many reads of a kind: `$all` holds a map of the parameters `own` for each of them.

    Its last column is the number of the read that a row answers. The parameters `shared` are the same for all.
    """

    text: str
    own: tuple[str, ...]
    shared: tuple[str, ...]


@dataclass(slots=True)
class _Line:
    """How many statements of a kind are under way, and the reads that wait, in order."""

    under_way: int = 0
    waiting: deque[tuple[Parameters, asyncio.Future[list[Value]]]] = field(default_factory=deque)


class Gathering:
    """Gathers reads of the same kind: those that one statement can answer for all of them."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(
        self,
        kind: Hashable,
        parameters: Parameters,
        *,
        alone: Callable[[], Awaitable[list[Value]]],
        together: Callable[[Sequence[Parameters]], Awaitable[Rows]],
    ) -> list[Value]:
        """The row for these parameters: from `alone`, or out of what `together` gives for many, in their order.

        Of the same kind are reads whose `together` is the same but for whom it is called by. Raises whatever the
        statement raised that was asked.
        """
        line = self._lines.setdefault(kind, _Line())
        if line.under_way >= UNDER_WAY:
            answer: asyncio.Future[list[Value]] = asyncio.get_running_loop().create_future()
            line.waiting.append((parameters, answer))
            return await answer
        line.under_way += 1
        try:
            return await alone()
        finally:
            self._ended(kind, line, together)

    def _ended(self, kind: Hashable, line: _Line, together: Callable[[Sequence[Parameters]], Awaitable[Rows]]) -> None:
        """Ask for those who wait. Who went away meanwhile is not asked for."""
        asked: list[tuple[Parameters, asyncio.Future[list[Value]]]] = []
        while line.waiting and len(asked) < MOST_TOGETHER:
            one = line.waiting.popleft()
            if not one[1].done():
                asked.append(one)
        if not asked:
            line.under_way -= 1
            if not line.under_way:
                del self._lines[kind]
            return

        async def ask() -> None:
            try:
                rows = await together([parameters for parameters, _ in asked])
                for (_, answer), row in zip(asked, rows, strict=True):
                    if not answer.done():
                        answer.set_result(row)
            except Exception as error:
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
            finally:
                for _, answer in asked:
                    answer.cancel()
                self._ended(kind, line, together)

        # In no request's context: it is asked for many.
        task = asyncio.get_running_loop().create_task(ask(), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
