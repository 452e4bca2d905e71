"""How a process that serves collects its garbage."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

COLLECTED_AFTER: Final = (20_000, 10, 10)
"""A page, or a report of a run, is thousands of lists without circles: with Python's own 700 the collector looks
through them ten times."""

LONGEST_PAUSE: Final = 30.0
"""Seconds after which nothing joins a pause any more, so that pauses that overlap end some time."""


@dataclass(slots=True)
class _Pause:
    """Who wants no collection at the moment, and since when there has been none. Python has one collector a process."""

    wanted: int = 0
    since: float = 0.0


_PAUSE: Final = _Pause()


@contextmanager
def paused() -> Iterator[None]:
    """Collect nothing inside: for what makes hundreds of thousands of lists without circles and lets go of them.

    The collector would look through all of them again and again, and each time the event loop waits for it: that was
    more than half of what taking in the largest answer kept others waiting. Call it on the event loop's thread, and let
    go of the lists before it ends. Where others have paused it for `LONGEST_PAUSE` seconds, it does nothing.
    """
    now = time.monotonic()
    if not _PAUSE.wanted:
        _PAUSE.since = now
    elif now - _PAUSE.since > LONGEST_PAUSE:
        yield
        return
    _PAUSE.wanted += 1
    gc.disable()
    try:
        yield
    finally:
        _PAUSE.wanted -= 1
        if not _PAUSE.wanted:
            gc.enable()


def settle() -> None:
    """Leave what there is by now out of every later collection, for it lives as long as the process.

    Call it once, when all is imported and composed: looking through it again was a seventh of a page's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
