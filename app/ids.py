"""Ids of our own: UUIDv7, sortable by the time they were made."""

from __future__ import annotations

import secrets
import threading

from app.ports import Clock


class Ids:
    """Makes UUIDv7s (RFC 9562, 5.7), strictly ascending within one instance even where the clock stands still.

    The 12 bits after the millisecond are its fraction (method 3 of section 6.2), the last 62 bits are random.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> str:
        """A new id, in the canonical text form of 36 characters."""
        fine = int(self._clock.now().timestamp() * 4_096_000)
        with self._lock:
            self._last = fine = max(fine, self._last + 1)
        value = (fine >> 12) << 80 | 0x7 << 76 | (fine & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
