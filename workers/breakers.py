"""The circuit breaker of one target: after many failures in a row nothing begins there for a while, then one tries."""

from __future__ import annotations

from app.ports import Clock


class Breaker:
    """Closed, open after `failures` in a row, and after `pause` seconds half open: one may try.

    Whoever is admitted says afterwards how the target did: `answered`, `unavailable`, or `left` where it is not known.
    """

    def __init__(self, clock: Clock, *, failures: int, pause: float) -> None:
        self._clock = clock
        self._most = failures
        self._pause = pause
        self._failures = 0
        self._open_until: float | None = None
        self._trying = False

    def admit(self) -> float:
        """Seconds to wait before asking again; 0 admits."""
        if self._open_until is None:
            return 0.0
        left = self._open_until - self._clock.monotonic()
        if left > 0:
            return left
        if self._trying:
            return self._pause
        self._trying = True
        return 0.0

    def answered(self) -> None:
        """The target answered, whatever it said: it is there."""
        self._failures, self._open_until, self._trying = 0, None, False

    def unavailable(self) -> None:
        """The target did not answer."""
        self._failures += 1
        if self._trying or self._failures >= self._most:
            self._open_until = self._clock.monotonic() + self._pause
        self._trying = False

    def left(self) -> None:
        """Whoever was admitted says nothing: another may try."""
        self._trying = False
