"""A server on loopback that plays a script, for what the real server does not do on request."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from pydantic import JsonValue
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.cli.server import Server


@dataclass(frozen=True, slots=True)
class Close:
    """End the socket with this code."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not open the socket: answer with HTTP 403."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Leave the socket open and silent."""


Move = Mapping[str, JsonValue] | str | Close | Refuse | Hold
Answer = Callable[[dict[str, JsonValue]], Response]


def event(seq: int, **fields: JsonValue) -> dict[str, JsonValue]:
    """An event as the server would send it, in a message of the socket."""
    return _next(
        {
            "__typename": "Event",
            "cursor": str(seq),
            "seq": seq,
            "type": "run.step.succeeded",
            "category": "RUN",
            "level": "INFO",
            "subject": "run-1",
            "actor": "admin",
            "at": "2026-11-21T12:00:00Z",
            "message": f"event {seq}",
            "correlationId": "request-1",
            "data": {},
            **fields,
        }
    )


def gap(cursor: int, reason: str = "too slow") -> dict[str, JsonValue]:
    """That events were left out after a cursor."""
    return _next({"__typename": "EventGap", "cursor": str(cursor), "reason": reason})


def _next(events: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {"type": "next", "id": "1", "payload": {"data": {"events": events}}}


def data(**fields: JsonValue) -> Response:
    """A GraphQL answer without errors."""
    return JSONResponse({"data": fields})


@dataclass
class ScriptedServer:
    """`answers` are given in turn over HTTP, `sockets` are the moves of one connection after the other.

    The last of each is repeated. `requests` and `subscriptions` are what came.
    """

    answers: Sequence[Answer] = ()
    sockets: Sequence[Sequence[Move]] = ()
    acknowledge: bool = True
    requests: list[dict[str, JsonValue]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    subscriptions: list[dict[str, JsonValue]] = field(default_factory=list)
    received: list[JsonValue] = field(default_factory=list)
    _connections: int = 0

    async def post(self, request: Request) -> Response:
        """Answer one query."""
        body: dict[str, JsonValue] = await request.json()
        self.requests.append(body)
        self.authorizations.append(request.headers.get("authorization"))
        return self.answers[min(len(self.requests), len(self.answers)) - 1](body)

    async def connect(self, socket: WebSocket) -> None:
        """Play the moves of one connection."""
        moves = self.sockets[min(self._connections, len(self.sockets) - 1)]
        self._connections += 1
        if moves and isinstance(moves[0], Refuse):
            await socket.close()
            return
        await socket.accept(subprotocol="graphql-transport-ws")
        self.received.append(await socket.receive_json())
        if not self.acknowledge:
            await self._hold(socket)
            return
        await socket.send_json({"type": "connection_ack"})
        self.subscriptions.append((await socket.receive_json())["payload"])
        for move in moves:
            match move:
                case Close(code, reason):
                    await socket.close(code, reason)
                    return
                case Hold():
                    await self._hold(socket)
                case str():
                    await socket.send_text(move)
                case Mapping():
                    await socket.send_json(move)

    async def _hold(self, socket: WebSocket) -> None:
        try:
            while True:
                self.received.append(await socket.receive_json())
        except WebSocketDisconnect:
            return

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Serve on a free port of 127.0.0.1 until the end of the block."""
        app = Starlette(
            routes=[Route("/graphql", self.post, methods=["POST"]), WebSocketRoute("/graphql", self.connect)]
        )
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            server = uvicorn.Server(
                uvicorn.Config(
                    app, log_config=None, lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
                )
            )
            thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
            thread.start()
            try:
                yield Server(f"http://127.0.0.1:{listener.getsockname()[1]}")
            finally:
                server.should_exit = True
                thread.join()
