"""Connections on which a request's head has to arrive in time, is bounded, and says clearly where the request ends.

The parser is httptools, Node's in C. It refuses what HTTP/1.1 does not allow, and so whatever two servers in a row
could take for different requests; what it leaves to its callers is checked here. A head that trickles in would hold its
connection for ever: the server looks at nothing before it has the whole of it.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

LARGEST_HEAD = 16_384
"""Bytes of a head at most; also of what may come of a chunked body without a byte of the body in it."""
MOST_WAITING = 16
"""Requests on a connection at most that wait until the one before them is answered."""

_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_VERSIONS = ("1.1", "1.0")


class _Refused(Exception):
    """No request of ours; the parser goes no further."""


def heads_within(seconds: float) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, with that many seconds for the head of each request, counted from when one may begin."""

    class TimedHeads(HttpToolsProtocol):
        _status = 400
        _refused = False
        _unfinished = 0
        """Bytes that came since the last end of a head, part of a body, or end of a request."""
        _since: float | None = None
        """When a head was begun to be waited for; None while none is. Looked at now and then: a timer for each request
        would cost more."""
        _watch: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._since = self.loop.time()
            self._watch = self.loop.call_later(seconds, self._look)

        def connection_lost(self, exc: Exception | None) -> None:
            self._unwatched()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._refused:
                return
            self._unfinished += len(data)
            super().data_received(data)
            if self._unfinished > LARGEST_HEAD and not self._refused and not self.transport.is_closing():
                self._status = 431
                self.send_400_response("")

        def on_headers_complete(self) -> None:
            self._since = None
            self._unfinished = 0
            self._check()
            super().on_headers_complete()
            # Trailers come as more headers. The request was looked at without them, and nothing may be added to it.
            self.headers = list(self.headers)
            if self.parser.should_upgrade() and not self._should_upgrade():
                # What comes after it the parser takes for another protocol.
                self.cycle.keep_alive = False

        def on_body(self, body: bytes) -> None:
            self._unfinished = 0
            super().on_body(body)

        def on_message_complete(self) -> None:
            self._unfinished = 0
            super().on_message_complete()

        def on_response_complete(self) -> None:
            if not self.pipeline:
                self._since = self.loop.time()
            super().on_response_complete()

        def handle_websocket_upgrade(self) -> None:
            self._unwatched()
            super().handle_websocket_upgrade()

        def send_400_response(self, msg: str) -> None:
            """Refuse what came, and end the connection; what was asked before is answered first."""
            self._refused = True
            last = self.cycle
            if self.pipeline or not (
                last is None or last.response_complete or (last.more_body and not last.response_started)
            ):
                last.keep_alive = False
                return
            self.transport.write(STATUS_LINE[self._status] + b"connection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()

        def _check(self) -> None:
            """Raises _Refused for a head that is too large, or says too little about its request, or two things."""
            size, hosts = len(self.url), 0
            version = self.parser.get_http_version()
            for name, value in self.headers:
                size += len(name) + len(value) + 4
                if name == b"host":
                    hosts += 1
                elif name == b"transfer-encoding" and (value.strip().lower() != b"chunked" or version != "1.1"):
                    raise _Refused("a body is sent as it is, or in chunks")
            if size > LARGEST_HEAD:
                self._status = 431
                raise _Refused("the head is too large")
            if version not in _VERSIONS or hosts > 1 or (hosts == 0 and version == "1.1"):
                raise _Refused("the version and the host are said once")
            if len(self.pipeline) >= MOST_WAITING:
                raise _Refused("too many requests at once")

        def _look(self) -> None:
            """End the connection where a head is late, or look again when one could be."""
            now = self.loop.time()
            since = now if self._since is None else self._since
            # The clock of a loop is coarser than its timers.
            if self._since is not None and now - since >= seconds - 0.001:
                if not self.transport.is_closing():
                    self.transport.write(_LATE)
                    self.transport.close()
                return
            self._watch = self.loop.call_later(since + seconds - now, self._look)

        def _unwatched(self) -> None:
            if self._watch is not None:
                self._watch.cancel()
                self._watch = None

    return TimedHeads
