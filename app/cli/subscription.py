"""One GraphQL subscription over one socket (graphql-transport-ws), without any repair."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Literal

import orjson
from pydantic import BaseModel, JsonValue, ValidationError
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.cli.client import SIGN_IN, reason_of
from app.cli.failures import CommandFailure, NotSignedIn, Refused
from app.cli.server import Server

PROTOCOL: Final = Subprotocol("graphql-transport-ws")
OPEN_SECONDS: Final = 10.0
ACKNOWLEDGE_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 1.0
LARGEST_MESSAGE: Final = 16 * 2**20
NOT_ALLOWED: Final = frozenset({4401, 4403})
TRY_AGAIN: Final = frozenset({4408, 4429})
"""Close codes of the 4400s that a new connection may get past: an answer that came too late, too many at once."""


class ConnectionLost(Exception):
    """The socket could not be opened or has ended in a way that a new one can repair; the text says how."""


class _Message(BaseModel):
    type: Literal["connection_ack", "ping", "pong", "next", "error", "complete"]
    payload: JsonValue = None


class _Payload(BaseModel):
    data: dict[str, JsonValue] | None = None
    errors: list[dict[str, JsonValue]] | None = None


class Subscription:
    """An open subscription; `open_subscription` makes one."""

    def __init__(self, server: Server, connection: ClientConnection) -> None:
        self._server = server
        self._connection = connection

    def next(self, seconds: float) -> dict[str, JsonValue] | None:
        """The data of the next result, or None where none came in that time.

        Raises ConnectionLost, and NotSignedIn or Refused where the server ended it for good.
        """
        until = time.monotonic() + seconds
        while (message := self._receive(until - time.monotonic())) is not None:
            match message.type:
                case "next":
                    return self._data(message.payload)
                case "error":
                    errors = message.payload if isinstance(message.payload, list) else []
                    raise _refusal(self._server, [error for error in errors if isinstance(error, dict)])
                case "complete":
                    raise ConnectionLost("the server ended the subscription")
                case "connection_ack" | "ping" | "pong":
                    continue
        return None

    def acknowledge(self, token: str) -> None:
        """Say who subscribes, and wait for the server's word."""
        payload: JsonValue = {"authorization": f"Bearer {token}"}
        self._send({"type": "connection_init", "payload": payload})
        until = time.monotonic() + ACKNOWLEDGE_SECONDS
        while (message := self._receive(until - time.monotonic())) is not None:
            if message.type == "connection_ack":
                return
        raise ConnectionLost("the server did not acknowledge the connection in time")

    def subscribe(self, text: str, variables: Mapping[str, JsonValue]) -> None:
        """Ask for the results of a document."""
        payload: JsonValue = {"query": text, "variables": dict(variables)}
        self._send({"type": "subscribe", "id": "1", "payload": payload})

    def _send(self, message: Mapping[str, JsonValue]) -> None:
        try:
            self._connection.send(orjson.dumps(message).decode())
        except ConnectionClosed as error:
            raise _ending(self._server, error) from error

    def _receive(self, seconds: float) -> _Message | None:
        try:
            text = self._connection.recv(timeout=max(seconds, 0.0))
        except TimeoutError:
            return None
        except ConnectionClosed as error:
            raise _ending(self._server, error) from error
        try:
            message = _Message.model_validate_json(text)
        except ValidationError as error:
            raise Refused(f"{self._server.socket} does not speak {PROTOCOL}", "NO_GRAPHQL") from error
        if message.type == "ping":
            self._send({"type": "pong"})
        return message

    def _data(self, payload: JsonValue) -> dict[str, JsonValue]:
        try:
            result = _Payload.model_validate(payload)
        except ValidationError as error:
            raise Refused(f"{self._server.socket} sent a result that is none", "NO_GRAPHQL") from error
        if result.errors or result.data is None:
            raise _refusal(self._server, result.errors or [])
        return result.data


@contextmanager
def open_subscription(
    server: Server, token: str, *, text: str, variables: Mapping[str, JsonValue]
) -> Iterator[Subscription]:
    """Connect, say who one is, subscribe; the socket is closed at the end.

    Raises ConnectionLost, NotSignedIn and Refused, also while the subscription is being used.
    """
    try:
        with connect(
            server.socket,
            subprotocols=[PROTOCOL],
            proxy=None if server.is_local else True,
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            max_size=LARGEST_MESSAGE,
        ) as connection:
            if connection.subprotocol != PROTOCOL:
                raise Refused(f"{server.socket} does not speak {PROTOCOL}", "NO_GRAPHQL")
            subscription = Subscription(server, connection)
            subscription.acknowledge(token)
            subscription.subscribe(text, variables)
            yield subscription
    except InvalidStatus as error:
        status = error.response.status_code
        if status in (401, 403):
            raise NotSignedIn(f"{server.url} does not accept the token: {SIGN_IN}") from error
        raise ConnectionLost(f"the server answered HTTP {status}") from error
    except (OSError, WebSocketException) as error:
        raise ConnectionLost(reason_of(error)) from error


def _ending(server: Server, closed: ConnectionClosed) -> CommandFailure | ConnectionLost:
    code = closed.rcvd.code if closed.rcvd else 1006
    reason = closed.rcvd.reason if closed.rcvd else ""
    if code in NOT_ALLOWED:
        return NotSignedIn(f"{server.url} does not accept the token: {SIGN_IN}")
    if 4400 <= code < 4500 and code not in TRY_AGAIN:
        return Refused(
            f"{server.url} refused the subscription: {reason or f'close code {code}'}", "SUBSCRIPTION_REFUSED"
        )
    return ConnectionLost(reason or ("the connection broke" if code == 1006 else f"close code {code}"))


def _refusal(server: Server, errors: list[dict[str, JsonValue]]) -> CommandFailure:
    first = errors[0] if errors else {}
    extensions = first.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    if code == "UNAUTHENTICATED":
        return NotSignedIn(f"{server.url} does not accept the token: {SIGN_IN}")
    message = first.get("message")
    return Refused(
        message if isinstance(message, str) else "the server ended the subscription with an error",
        code if isinstance(code, str) else "ERROR",
    )
