"""Who is told of the statements that run: metrics and traces always, and tests that bound their number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

_statements_run: ContextVar[list[str] | None] = ContextVar("statements_run", default=None)


class Observer(Protocol):
    """Is told of every statement, for metrics and traces."""

    def statement_done(self, name: str, *, seconds: float, rows: int, failed: bool) -> None:
        """A statement ended after `seconds`, having returned `rows`."""


class Silent:
    """An observer that is told everything and says nothing."""

    def statement_done(self, name: str, *, seconds: float, rows: int, failed: bool) -> None:
        """Nobody listens."""


@contextmanager
def counting() -> Iterator[list[str]]:
    """Collect the names of the statements that run in this context; for tests that bound their number."""
    ran: list[str] = []
    token = _statements_run.set(ran)
    try:
        yield ran
    finally:
        _statements_run.reset(token)


def count(name: str) -> None:
    """Note that a statement runs, where somebody counts."""
    ran = _statements_run.get()
    if ran is not None:
        ran.append(name)
