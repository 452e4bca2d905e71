"""A way to a port of this machine that a test can cut and mend, as networks do."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Relay:
    """Passes connections on to `target` until it is cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open = True
        self._writers: set[StreamWriter] = set()
        self.refused = 0
        self.port = 0

    def cut(self) -> None:
        """Break every connection without a goodbye, and refuse new ones."""
        self._open = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Take connections again."""
        self._open = True

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Pass one connection on, both ways."""
        if not self._open:
            self.refused += 1
            writer.transport.abort()
            return
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, other_writer}
        try:
            await asyncio.gather(_pass(reader, other_writer), _pass(other_reader, writer))
        finally:
            self._writers -= {writer, other_writer}


async def _pass(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def relaying(target: int) -> AsyncIterator[Relay]:
    """A relay to a port of this machine."""
    relay = Relay(target)
    async with await asyncio.start_server(relay.serve, "127.0.0.1", 0) as server:
        relay.port = server.sockets[0].getsockname()[1]
        yield relay
        relay.cut()
