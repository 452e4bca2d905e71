"""POST /graphql: one operation a request, as the GraphQL-over-HTTP specification has it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson
import structlog
from graphql import OperationType
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.types import Receive, Scope, Send

from app.domain.access import Actor
from app.graph_failures import GraphUnavailable, OverLimit
from app.http.admission import Admission, NotAdmitted
from app.http.asked import Asked, RequestInvalid, asked_of, decoded
from app.http.documents import USUAL, Limits
from app.http.failures import INTERNAL, UNAVAILABLE, over_limit, refused, too_busy
from app.http.operations import Operations
from app.turns import TooBusy, asking

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
COST_HEADER = "x-trellis-cost"
"""A request with this header, whatever its value, is told its cost."""

_log = structlog.get_logger("trellis.graphql")


@dataclass(frozen=True, slots=True)
class _Reply:
    """A body, and the status for callers that read `application/graphql-response+json`; `firm` ones hold for all."""

    body: Mapping[str, object]
    status: int = 200
    firm: bool = False
    headers: tuple[tuple[bytes, bytes], ...] = ()


class _Refused(Exception):
    def __init__(self, reply: _Reply) -> None:
        self.reply = reply


# What RFC 9110 wants with a status: which methods there are, how to sign in, what may be sent.
_HEADERS = {
    401: ((b"www-authenticate", b'Bearer realm="trellis"'),),
    405: ((b"allow", b"POST"),),
    408: ((b"connection", b"close"),),
    415: ((b"accept-post", JSON.encode()), (b"accept-encoding", b"identity")),
}


def _refusal(status: int, message: str, code: str, *, firm: bool = True) -> _Refused:
    return _Refused(_Reply({"errors": [refused(message, code)]}, status, firm, _HEADERS.get(status, ())))


class GraphQLEndpoint:
    """The ASGI application behind /graphql.

    The scope's state holds who asks and the request's id (`actor`, `request_id`). Without an actor only `login` is
    answered.
    """

    def __init__(self, operations: Operations, admission: Admission, *, limits: Limits = USUAL) -> None:
        self._operations = operations
        self._admission = admission
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        state = scope.get("state", {})
        request_id = str(state.get("request_id", ""))
        media = _media_type(headers.get("accept"))
        try:
            if scope["method"] != "POST":
                raise _refusal(405, "only POST is answered here", "METHOD_NOT_ALLOWED")
            if media is None:
                raise _refusal(406, f"answers are {GRAPHQL} or {JSON}", "NOT_ACCEPTABLE")
            request = HttpRequest(scope, receive)
            asked = await self._asked(request, headers)
            address = request.client.host if request.client else ""
            reply = await self._answer(asked, state.get("actor"), address, request_id)
        except _Refused as problem:
            reply = problem.reply
        except TooBusy as error:
            _log.warning("no turn at the database", request_id=request_id, error=str(error))
            reply = _Reply({"errors": [too_busy(error)]}, 429, firm=True, headers=((b"retry-after", b"1"),))
        except OverLimit as error:
            _log.warning("a statement was too much", request_id=request_id, error=str(error))
            reply = _Reply({"errors": [over_limit(error)]}, 400)
        except GraphUnavailable as error:
            _log.warning("the graph is not available", request_id=request_id, error=str(error))
            reply = _refusal(503, UNAVAILABLE, "UNAVAILABLE").reply
        except Exception as error:
            _log.error("unexpected error", request_id=request_id, exc_info=error)
            inside = {"message": INTERNAL, "extensions": {"code": "INTERNAL", "requestId": request_id}}
            reply = _Reply({"errors": [inside]}, 500, firm=True)
        status = reply.status if reply.firm or media == GRAPHQL else 200
        body = orjson.dumps(reply.body)
        kind = f"{media or JSON}; charset=utf-8".encode()
        head = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *reply.headers]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _asked(self, request: HttpRequest, headers: Headers) -> Asked:
        if not _readable(headers.get("content-type", "")):
            raise _refusal(415, f"send {JSON} in UTF-8", "UNSUPPORTED_MEDIA_TYPE")
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise _refusal(415, "send the body as it is, not compressed", "UNSUPPORTED_MEDIA_TYPE")
        try:
            async with asyncio.timeout(self._limits.seconds):
                body = await self._body(request, headers)
        except TimeoutError as error:
            # Whatever of the body still comes is not waited for: the connection cannot be used again.
            raise _refusal(408, "the body did not arrive in time", "BODY_TOO_SLOW") from error
        except ClientDisconnect as error:
            # Nobody reads this; it is what the request is counted as.
            raise _refusal(400, "the body was broken off", "BAD_REQUEST") from error
        try:
            sent = decoded(body)
        except RequestInvalid as error:
            raise _refusal(400, f"the body cannot be taken: {error}", "BAD_REQUEST") from error
        if not isinstance(sent, dict):
            raise _refusal(400, "send one JSON object: several operations at once are not taken", "BAD_REQUEST")
        try:
            asked = asked_of(sent)
        except RequestInvalid as error:
            raise _refusal(400, str(error), "BAD_REQUEST") from error
        return replace(asked, shows_cost=True) if COST_HEADER in headers else asked

    async def _body(self, request: HttpRequest, headers: Headers) -> bytes:
        length = headers.get("content-length", "")
        if length.isdigit() and int(length[:20]) > self._limits.body:
            raise self._too_big()
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > self._limits.body:
                raise self._too_big()
            chunks.append(chunk)
        return b"".join(chunks)

    def _too_big(self) -> _Refused:
        return _refusal(413, f"the body has more than {self._limits.body} bytes", "BODY_TOO_BIG")

    async def _answer(self, asked: Asked, actor: Actor | None, address: str, request_id: str) -> _Reply:
        try:
            admitted = await self._admission.admit(asked, actor, address=address, request_id=request_id)
            if admitted.operation.operation is OperationType.SUBSCRIPTION:
                raise _refusal(400, "subscriptions are served over the WebSocket", "BAD_REQUEST", firm=False)
            with asking(actor.id if actor else None):
                return _Reply(await self._operations.run(admitted, actor, request_id))
        except NotAdmitted as reason:
            headers = _HEADERS.get(reason.status, ())
            if reason.retry_after is not None:
                headers = ((b"retry-after", str(reason.retry_after).encode()),)
            return _Reply({"errors": reason.errors}, reason.status, reason.firm, headers)


def _readable(content_type: str) -> bool:
    """Whether a body of that type is JSON in UTF-8; parameters other than the charset mean nothing for JSON."""
    kind, *parameters = (each.strip().lower() for each in content_type.split(";"))
    charsets = {each.partition("=")[2].strip('"') for each in parameters if each.startswith("charset=")}
    return kind == JSON and charsets <= {"utf-8", "utf8"}


def _media_type(accept: str | None) -> str | None:
    """The media type to answer in, for an Accept header; None where neither of ours is acceptable."""
    if accept is None:
        return JSON
    wanted: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        wanted[name] = quality
    anything = max(wanted.get("*/*", 0.0), wanted.get("application/*", 0.0))
    json, graphql = wanted.get(JSON, anything), wanted.get(GRAPHQL, 0.0)
    if max(json, graphql) <= 0:
        return None
    return GRAPHQL if graphql >= json else JSON
