"""What happens around every request: a request id, who asks, a log line, a count, headers. Pure ASGI."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.sessions import Session
from app.errors import Unauthenticated
from app.ids import Ids
from app.telemetry import Metrics

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger("trellis.http")


def _header(scope: Scope, name: bytes) -> str:
    """The first header of that name, in lower case; "" where there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""


def bearer(authorization: str) -> str | None:
    """The bearer token of an `Authorization`, if there is one."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class RequestScope:
    """Gives every request an id, which comes back as `X-Request-Id` and is on every log line.

    A caller's own id is taken over where it is 1 to 64 letters, digits, dots, hyphens or underscores. Logs and counts
    each request when it is answered; routes that are not known are counted together.
    """

    def __init__(self, app: ASGIApp, *, ids: Ids, metrics: Metrics, routes: Sequence[str]) -> None:
        self._app = app
        self._ids = ids
        self._metrics = metrics
        self._routes = frozenset(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or serve one socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = _header(scope, b"x-request-id")
        request_id = given if _REQUEST_ID.fullmatch(given) else self._ids.new()
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        started = time.perf_counter()

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", request_id.encode()))
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, marked)
            finally:
                if scope["type"] == "http":
                    self._ended(scope, status or 500, time.perf_counter() - started)

    def _ended(self, scope: Scope, status: int, seconds: float) -> None:
        path = scope["path"]
        route = path if path in self._routes else "other"
        self._metrics.requests.labels(route, scope["method"], str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        log = _log.debug if route in ("/health", "/ready", "/metrics", "other") else _log.info
        log("request", method=scope["method"], path=path, status=status, duration_ms=round(seconds * 1000, 2))


class Authentication:
    """Puts who asks into the scope's state: `session`, `actor`, both None without a valid token.

    What needs someone signed in refuses by itself, so that the answer has the shape of its protocol.
    """

    def __init__(self, app: ASGIApp, *, authenticate: Callable[[str], Session]) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the token and go on."""
        if scope["type"] in ("http", "websocket"):
            state = scope.setdefault("state", {})
            state["session"] = session = self._session(scope)
            state["actor"] = None if session is None else session.actor
        await self._app(scope, receive, send)

    def _session(self, scope: Scope) -> Session | None:
        token = bearer(_header(scope, b"authorization"))
        if token is None:
            return None
        try:
            return self._authenticate(token)
        except Unauthenticated:
            return None


_CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)
_SAFE = (
    (b"content-security-policy", _CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)


class SafetyHeaders:
    """Tells browsers to load only what we serve, and never inside somebody's frame."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers added."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                given = {name for name, _ in headers}
                headers.extend(each for each in _SAFE if each[0] not in given)
            await send(message)

        await self._app(scope, receive, guarded)
