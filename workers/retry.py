"""How long to wait before something transient is tried again."""

from __future__ import annotations

import random


class Backoff:
    """Exponential with full jitter: the n-th wait, from 0, is uniform up to `first` * 2^n and at most `longest`."""

    def __init__(self, chance: random.Random, *, first: float, longest: float) -> None:
        self._chance = chance
        self._first = first
        self._longest = longest

    def seconds(self, failures: int) -> float:
        """How long to wait after so many failures before this one."""
        return self._chance.uniform(0.0, min(self._longest, self._first * 2.0 ** min(failures, 60)))
