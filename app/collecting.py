"""How a process that serves collects its garbage."""

from __future__ import annotations

import gc
from typing import Final

COLLECTED_AFTER: Final = (20_000, 10, 10)
"""A page, or a report of a run, is thousands of lists without circles: with Python's own 700 the collector looks
through them ten times."""


def settle() -> None:
    """Leave what there is by now out of every later collection, for it lives as long as the process.

    Call it once, when all is imported and composed: looking through it again was a seventh of a page's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
