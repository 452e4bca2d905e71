"""WebSocket /graphql: operations and subscriptions over graphql-transport-ws, for those who signed in.

One connection is one reader, one task an operation, and a future that says why it ends. The protocol is small, and what
guards it (time limits, frames checked before use, a context an operation, masked errors) is most of this module.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from inspect import isawaitable

import orjson
import structlog
from graphql import GraphQLError, OperationType
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.http.websocket_origin import is_same_origin, normalize_allowed_origins, normalize_origin

from app.domain.access import Actor
from app.domain.sessions import Session
from app.errors import Unauthenticated
from app.graph_failures import GraphUnavailable
from app.http.admission import Admission, NotAdmitted
from app.http.failures import INTERNAL, refused, shown
from app.http.middleware import bearer
from app.http.operations import Operations
from app.http.socket_messages import (
    PROTOCOL,
    ClientMessage,
    Complete,
    FrameInvalid,
    Initialise,
    Ping,
    Pong,
    Subscribe,
    parse,
)
from app.ids import Ids
from app.ports import Clock
from app.turns import asking

Authenticate = Callable[[str], Session | Awaitable[Session]]

_log: structlog.stdlib.BoundLogger = structlog.get_logger("trellis.sockets")


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """How long and how much: times in seconds, operations at once a socket, and sockets at once in this process.

    `sockets` are a person's, `tenant` all of a tenant's, `address` all from one address, signed in or not. Every
    `recheck` seconds an open socket's token is looked at again.
    """

    initialise: float = 10.0
    authenticate: float = 5.0
    recheck: float = 15.0
    send: float = 30.0
    close: float = 2.0
    operations: int = 50
    sockets: int = 50
    tenant: int = 1_000
    address: int = 500


@dataclass(frozen=True, slots=True)
class _End:
    """Why a connection ends: the close code and a reason for people (at most 123 bytes)."""

    code: int
    reason: str


_GONE = _End(1000, "")
_INVALID = 4400
_UNAUTHORISED = 4401
_FORBIDDEN = 4403
_UNACCEPTABLE = _End(4406, "Subprotocol not acceptable: speak graphql-transport-ws")
_TOO_LATE = _End(4408, "Connection initialisation timeout")
_TAKEN = 4409
_TOO_MANY = 4429
_INTERNAL = _End(4500, "Internal server error")


class GraphQLSocket:
    """The ASGI application behind the WebSocket /graphql.

    `authenticate` says who a bearer token stands for, or raises Unauthenticated; the token comes in the payload of
    `connection_init` as `authorization`, or in the header of that name. Pages of our own origin and of
    `allowed_origins` may connect; programs send no origin.
    """

    def __init__(
        self,
        operations: Operations,
        admission: Admission,
        *,
        authenticate: Authenticate,
        clock: Clock,
        ids: Ids,
        allowed_origins: Iterable[str] = (),
        limits: SocketLimits | None = None,
    ) -> None:
        self.operations = operations
        self.admission = admission
        self.authenticate = authenticate
        self.clock = clock
        self.ids = ids
        self.limits = limits or SocketLimits()
        self.sockets: Counter[tuple[str, ...]] = Counter()
        self._addresses: Counter[str] = Counter()
        self._origins = normalize_allowed_origins(allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it ends."""
        socket = WebSocket(scope, receive, send)
        if not self._may_connect(socket):
            _log.warning("socket.origin_refused", origin=socket.headers.get("origin", "")[:200])
            await socket.close(1008)
            return
        address = socket.client.host if socket.client else ""
        if self._addresses[address] >= self.limits.address:
            _log.warning("socket.too_many_from_address", address=address)
            await socket.send_denial_response(PlainTextResponse("too many sockets from this address\n", 429))
            return
        self._addresses[address] += 1
        try:
            await self._serve(socket)
        finally:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    async def _serve(self, socket: WebSocket) -> None:
        spoken = PROTOCOL in socket.scope.get("subprotocols", ())
        try:
            await socket.accept(subprotocol=PROTOCOL if spoken else None)
            if spoken:
                await _Connection(self, socket).serve()
            else:
                await socket.close(_UNACCEPTABLE.code, _UNACCEPTABLE.reason)
        except (WebSocketDisconnect, RuntimeError, TimeoutError) as error:
            # Starlette says RuntimeError where the client went away between two of our messages.
            _log.debug("socket.gone", error=repr(error))

    def _may_connect(self, socket: WebSocket) -> bool:
        origin = socket.headers.get("origin")
        return (
            origin is None
            or is_same_origin(origin, socket.headers.get("host"))
            or normalize_origin(origin) in self._origins
        )


class _Connection:
    """One accepted socket."""

    def __init__(self, endpoint: GraphQLSocket, socket: WebSocket) -> None:
        self._endpoint = endpoint
        self._limits = endpoint.limits
        self._socket = socket
        self._request_id = str(socket.scope.get("state", {}).get("request_id") or endpoint.ids.new())
        self._end: asyncio.Future[_End] = asyncio.get_running_loop().create_future()
        self._sending = asyncio.Lock()
        self._address = socket.client.host if socket.client else ""
        self._session: Session | None = None
        self._initialising = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer = self._begin(partial(self._end_after, self._limits.initialise, _TOO_LATE))

    async def serve(self) -> None:
        """Read messages and carry operations out until the connection ends; nothing of it is left afterwards."""
        self._begin(self._read)
        try:
            end = await self._end
        finally:
            tasks = tuple(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._session is not None:
                self._leave(self._session.actor)
        if end is not _GONE:
            async with asyncio.timeout(self._limits.close):
                await self._socket.close(end.code, _short(end.reason))

    def _finish(self, end: _End) -> None:
        if not self._end.done():
            self._end.set_result(end)

    def _begin(self, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Do something beside the rest; where it fails the connection ends."""

        async def watched() -> None:
            try:
                await work()
            except Exception as error:
                _log.error("unexpected error", request_id=self._request_id, exc_info=error)
                self._finish(_INTERNAL)

        task = asyncio.create_task(watched())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _end_after(self, seconds: float, end: _End) -> None:
        await self._endpoint.clock.sleep(seconds)
        self._finish(end)

    async def _read(self) -> None:
        while not self._end.done():
            frame = await self._socket.receive()
            if frame["type"] == "websocket.disconnect":
                self._finish(_GONE)
                return
            text = frame.get("text")
            try:
                if text is None:
                    raise FrameInvalid("messages are text")
                message = parse(text)
            except FrameInvalid as error:
                self._finish(_End(_INVALID, str(error)))
                return
            await self._handle(message)

    async def _handle(self, message: ClientMessage) -> None:
        match message:
            case Initialise(payload):
                await self._initialise(payload)
            case Ping():
                await self._send({"type": "pong"})
            case Subscribe():
                self._subscribe(message)
            case Complete(id_):
                operation = self._operations.pop(id_, None)
                if operation is not None:
                    operation.cancel()
            case Pong():
                pass

    async def _initialise(self, payload: Mapping[str, object]) -> None:
        if self._initialising:
            self._finish(_End(_TOO_MANY, "Too many initialisation requests"))
            return
        self._initialising = True
        self._timer.cancel()
        given = payload.get("authorization", self._socket.headers.get("authorization"))
        token = bearer(given) if isinstance(given, str) else None
        try:
            async with asyncio.timeout(self._limits.authenticate):
                session = await self._authenticated(token)
        except Unauthenticated as error:
            self._finish(_End(_FORBIDDEN, f"Forbidden: {error.message}"))
            return
        except TimeoutError:
            _log.error("socket.authentication_too_slow", request_id=self._request_id)
            self._finish(_INTERNAL)
            return
        left = (session.expires_at - self._endpoint.clock.now()).total_seconds()
        if left <= 0:
            self._finish(_expired(session.expires_at))
            return
        full = self._enter(session.actor)
        if full is not None:
            _log.warning("socket.too_many", request_id=self._request_id, who=session.actor.id, most=full)
            self._finish(_End(_TOO_MANY, f"Too many sockets: at most {full} at once"))
            return
        self._session = session
        self._begin(partial(self._recheck, token))
        self._timer = self._begin(partial(self._end_after, left, _expired(session.expires_at)))
        await self._send({"type": "connection_ack"})

    async def _authenticated(self, token: str | None) -> Session:
        if token is None:
            raise Unauthenticated("send a bearer token")
        found = self._endpoint.authenticate(token)
        return await found if isawaitable(found) else found

    async def _recheck(self, token: str | None) -> None:
        """Look at the token again and again: it may be revoked before it expires, or the person's role changed."""
        while True:
            await self._endpoint.clock.sleep(self._limits.recheck)
            try:
                async with asyncio.timeout(self._limits.authenticate):
                    # Operations that begin from now on are asked by the person as they are now.
                    self._session = await self._authenticated(token)
            except Unauthenticated as error:
                self._finish(_End(_FORBIDDEN, f"Forbidden: {error.message}"))
                return
            except (TimeoutError, GraphUnavailable) as error:
                # What cannot be asked now is asked again; until the token expires the socket may stay.
                _log.warning("socket.not_rechecked", request_id=self._request_id, error=repr(error))

    def _enter(self, actor: Actor) -> int | None:
        """Count the socket for its person and tenant; where there are too many, how many there may be."""
        counted = {(actor.tenant, actor.id): self._limits.sockets, (actor.tenant,): self._limits.tenant}
        for key, most in counted.items():
            if self._endpoint.sockets[key] >= most:
                return most
        self._endpoint.sockets.update(counted.keys())
        return None

    def _leave(self, actor: Actor) -> None:
        for key in ((actor.tenant, actor.id), (actor.tenant,)):
            self._endpoint.sockets[key] -= 1
            if self._endpoint.sockets[key] <= 0:
                del self._endpoint.sockets[key]

    def _subscribe(self, message: Subscribe) -> None:
        if self._session is None:
            self._finish(_End(_UNAUTHORISED, "Unauthorized: send connection_init first"))
        elif message.id in self._operations:
            self._finish(_End(_TAKEN, f"Subscriber for {message.id} already exists"))
        else:
            busy = len(self._operations) >= self._limits.operations
            work = partial(self._carry_out, message, self._session.actor)
            self._operations[message.id] = self._begin(partial(self._too_many, message) if busy else work)

    async def _too_many(self, message: Subscribe) -> None:
        text = f"at most {self._limits.operations} operations at once on a socket"
        _log.warning("socket.too_many_operations", request_id=self._request_id, most=self._limits.operations)
        await self._fail(message.id, [refused(text, "TOO_MANY_OPERATIONS")])

    async def _carry_out(self, message: Subscribe, actor: Actor) -> None:
        request_id = self._endpoint.ids.new()
        with structlog.contextvars.bound_contextvars(request_id=request_id, socket_id=self._request_id):
            try:
                with asking(actor.id):
                    await self._stream(message, actor, request_id)
            except NotAdmitted as reason:
                await self._fail(message.id, reason.errors)
            except (WebSocketDisconnect, OSError):
                self._finish(_GONE)
            except Exception as error:
                await self._fail(message.id, shown([GraphQLError(INTERNAL, original_error=error)], request_id))

    async def _stream(self, message: Subscribe, actor: Actor, request_id: str) -> None:
        endpoint = self._endpoint
        admitted = await endpoint.admission.admit(message.asked, actor, address=self._address, request_id=request_id)
        if admitted.operation.operation is OperationType.SUBSCRIPTION:
            async with aclosing(endpoint.operations.follow(admitted, actor, request_id)) as messages:
                async for payload in messages:
                    await self._send({"id": message.id, "type": "next", "payload": payload})
        else:
            payload = await endpoint.operations.run(admitted, actor, request_id)
            await self._send({"id": message.id, "type": "next", "payload": payload})
        self._forget(message.id)
        await self._send({"id": message.id, "type": "complete"})

    async def _fail(self, id_: str, errors: list[dict[str, object]]) -> None:
        self._forget(id_)
        await self._send({"id": id_, "type": "error", "payload": errors})

    def _forget(self, id_: str) -> None:
        if self._operations.get(id_) is asyncio.current_task():
            del self._operations[id_]

    async def _send(self, message: Mapping[str, object]) -> None:
        """Send a message; a client that takes none for too long loses its connection."""
        text = orjson.dumps(message).decode()
        try:
            async with asyncio.timeout(self._limits.send), self._sending:
                if not self._end.done():
                    await self._socket.send_text(text)
        except TimeoutError:
            _log.warning("socket.client_does_not_read", request_id=self._request_id)
            self._finish(_End(_TOO_MANY, "The client does not read"))
        except (WebSocketDisconnect, RuntimeError):
            self._finish(_GONE)


def _expired(at: datetime) -> _End:
    return _End(_FORBIDDEN, f"Forbidden: the token expired at {at.isoformat(timespec='seconds')}")


def _short(reason: str) -> str:
    """At most 123 bytes, which is what a close frame has room for."""
    return reason.encode()[:123].decode("utf-8", "ignore")
