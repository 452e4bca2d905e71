"""Connections on which a request's head has to arrive in time.

A head that trickles in would hold its connection for ever: the server looks at nothing before it has the whole of it.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def heads_within(seconds: float) -> type[H11Protocol]:
    """uvicorn's protocol, with that many seconds for the head of each request, counted from when one may begin."""

    class TimedHeads(H11Protocol):
        _late: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._look()

        def handle_events(self) -> None:
            super().handle_events()
            self._look()

        def connection_lost(self, exc: Exception | None) -> None:
            self._came()
            super().connection_lost(exc)

        def _look(self) -> None:
            """Count while a head is waited for."""
            if self.conn.their_state is not h11.IDLE:
                self._came()
            elif self._late is None:
                self._late = self.loop.call_later(seconds, self._end)

        def _came(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

        def _end(self) -> None:
            if not self.transport.is_closing():
                self.transport.write(_LATE)
                self.transport.close()

    return TimedHeads
