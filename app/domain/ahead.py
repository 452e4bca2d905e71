"""Working while the database works: rows are made while those before them are written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from itertools import islice
from typing import Final, TypeVar

from app.transactions import Value

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE: Final = 1_000
"""Rows a statement."""
BETWEEN: Final = 100
"""How many are made before what was sent is looked after: until then the rest of a large message waits."""


async def write(
    items: Iterable[T], make: Callable[[T], Value], run: Callable[[Sequence[Value]], Awaitable[R]]
) -> list[R]:
    """Run a statement for every thousand of `items` and return what each answered, in order.

    `make` turns one item into its row, while the database is at work on the thousand before; so may the iteration over
    `items`. One statement runs at a time. Raises what `make` and `run` raise, never while a statement is under way.
    """
    answers: list[R] = []
    source = iter(items)
    rows = await _made(source, make)
    while len(rows) == AT_ONCE:
        following, answer = await _both(_made(source, make), run(rows))
        answers.append(answer)
        rows = following
    if rows:
        answers.append(await run(rows))
    return answers


async def _made(source: Iterable[T], make: Callable[[T], Value]) -> list[Value]:
    rows: list[Value] = []
    while len(rows) < AT_ONCE:
        some = [make(item) for item in islice(source, BETWEEN)]
        rows += some
        if len(some) < BETWEEN:
            break
        await asyncio.sleep(0)
    return rows


async def meanwhile(asked: Awaitable[R], items: Iterable[T]) -> tuple[R, list[T]]:
    """What `asked` answers, and all of `items`, which are gone through while it is waited for.

    Raises what either raises, never while `asked` is under way.
    """
    listed, answer = await _both(_listed(items), asked)
    return answer, listed


async def _listed(items: Iterable[T]) -> list[T]:
    found: list[T] = []
    for item in items:
        found.append(item)
        if len(found) % BETWEEN == 0:
            await asyncio.sleep(0)
    return found


async def _both(own: Coroutine[None, None, T], asked: Awaitable[R]) -> tuple[T, R]:
    under_way = asyncio.ensure_future(asked)
    try:
        # It has to be sent before there is something to wait for.
        await asyncio.sleep(0)
        done = await own
    except BaseException as error:
        own.close()
        if isinstance(error, asyncio.CancelledError):
            under_way.cancel()
        # A transaction that ends while a statement is under way would lose its connection.
        await asyncio.wait((under_way,))
        if not under_way.cancelled():
            under_way.exception()
        raise
    return done, await under_way
