"""A TCP proxy on the loopback between a driver and its server, that can lose what one says to the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum

_COMMIT = b"\x00\x02\xb0\x12\x00\x00"
"""Bolt's COMMIT: a chunk of two bytes, a structure without fields whose tag is 0x12, and the end of the message."""


class Fault(StrEnum):
    """What becomes of the next COMMIT: its connection is cut before it, or when its answer comes back."""

    CUT_BEFORE = "cut before"
    CUT_AFTER = "cut after"


class Proxy:
    """Passes bytes both ways. `fault` befalls one COMMIT; while `silent`, nothing that the server says gets through.

    `silent_after_cut` lets the fault be the last that is heard of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: set[asyncio.Task[None]] = set()
        self.fault: Fault | None = None
        self.silent = False
        self.silent_after_cut = False
        self.cut = 0
        self.port = 0

    @property
    def uri(self) -> str:
        """Where drivers connect."""
        return f"bolt://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        """Listen on a free port until the end of the block."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in tuple(self._open):
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        from_server, to_server = await asyncio.open_connection(*self._target)
        doomed = asyncio.Event()
        try:
            ways = (self._ask(client, to_server, doomed), self._answer(from_server, to_client, doomed))
            _, waiting = await asyncio.wait(map(asyncio.ensure_future, ways), return_when=asyncio.FIRST_COMPLETED)
            for way in waiting:
                way.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            to_client.close()
            to_server.close()

    async def _ask(self, client: asyncio.StreamReader, server: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await client.read(65536):
                if self.fault is not None and data.endswith(_COMMIT):
                    fault, self.fault = self.fault, None
                    self.cut += 1
                    self.silent = self.silent_after_cut
                    if fault is Fault.CUT_BEFORE:
                        return
                    doomed.set()
                server.write(data)
                await server.drain()

    async def _answer(self, server: asyncio.StreamReader, client: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await server.read(65536):
                if doomed.is_set():
                    return
                if not self.silent:
                    client.write(data)
                    await client.drain()
