"""The worker's own small HTTP server: health, readiness and metrics."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

DRAIN_SECONDS = 2


class PortTaken(Exception):
    """The address cannot be listened on; the message names the setting."""


class _Server(uvicorn.Server):
    """A server that leaves signals to the process it is part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class HealthServer:
    """Serves routes on one address until cancelled; the port is taken when it is made, so that a taken one is said."""

    def __init__(self, routes: Sequence[BaseRoute], *, host: str, port: int) -> None:
        """Listen. Raises PortTaken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise PortTaken(
                f"the worker cannot listen on {host}:{port} ({error.strerror}): "
                "change TRELLIS_WORKER_PORT or TRELLIS_WORKER_HOST"
            ) from error
        config = uvicorn.Config(
            Starlette(routes=list(routes)),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        self._server = _Server(config)

    async def run(self) -> None:
        """Serve until `stop`."""
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """End after the requests that are under way."""
        self._server.should_exit = True
