"""POST /graphql: one operation a request, as the GraphQL-over-HTTP specification has it.

A query that the projection can answer is one statement and goes out without GraphQL's own execution; everything else
runs through Strawberry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson
import strawberry
import structlog
from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_variable_values
from starlette.datastructures import Headers
from starlette.requests import Request as HttpRequest
from starlette.types import Receive, Scope, Send
from strawberry.types.graphql import OperationType as Allowed

from app.domain.access import Actor
from app.graph import Graph, GraphUnavailable
from app.http.documents import USUAL, Document, Documents, Limits, root_names
from app.http.failures import INTERNAL, UNAVAILABLE, refused, shown
from app.projection.compiler import Compiler, Request
from app.projection.reading import answer
from app.projection.selection import NotProjectable
from app.projection.shaper import Irregular

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"

_log = structlog.get_logger("trellis.graphql")


@dataclass(frozen=True, slots=True)
class _Asked:
    query: str
    variables: dict[str, object]
    operation_name: str | None


@dataclass(frozen=True, slots=True)
class _Reply:
    """A body, and the status for callers that read `application/graphql-response+json`; `firm` ones hold for all."""

    body: Mapping[str, object]
    status: int = 200
    firm: bool = False
    allow: str | None = None


class _Refused(Exception):
    def __init__(self, reply: _Reply) -> None:
        self.reply = reply


def _refusal(status: int, message: str, code: str, *, firm: bool = True, allow: str | None = None) -> _Refused:
    return _Refused(_Reply({"errors": [refused(message, code)]}, status, firm, allow))


class GraphQLEndpoint:
    """The ASGI application behind /graphql.

    `context` makes what resolvers are given, anew for each operation, from who asks and the request's id; the scope's
    state holds both (`actor`, `request_id`). Without an actor only `login` is answered.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        compiler: Compiler,
        graph: Graph,
        context: Callable[[Actor | None, str], object],
        limits: Limits = USUAL,
    ) -> None:
        self._schema = schema
        self._core = schema._schema
        self._compiler = compiler
        self._graph = graph
        self._context = context
        self._limits = limits
        self._documents = Documents(self._core, limits=limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        state = scope.get("state", {})
        request_id = str(state.get("request_id", ""))
        media = _media_type(headers.get("accept"))
        try:
            if media is None:
                media = JSON
                raise _refusal(406, f"answers are {GRAPHQL} or {JSON}", "NOT_ACCEPTABLE")
            asked = await self._asked(HttpRequest(scope, receive), headers)
            reply = await self._answer(asked, state.get("actor"), request_id)
        except _Refused as problem:
            reply = problem.reply
        except GraphUnavailable as error:
            _log.warning("the graph is not available", request_id=request_id, error=str(error))
            reply = _refusal(503, UNAVAILABLE, "UNAVAILABLE").reply
        except Exception as error:
            _log.error("unexpected error", request_id=request_id, exc_info=error)
            inside = {"message": INTERNAL, "extensions": {"code": "INTERNAL", "requestId": request_id}}
            reply = _Reply({"errors": [inside]}, 500, firm=True)
        status = reply.status if reply.firm or media == GRAPHQL else 200
        body = orjson.dumps(reply.body)
        head = [(b"content-type", f"{media}; charset=utf-8".encode()), (b"content-length", str(len(body)).encode())]
        if reply.allow is not None:
            head.append((b"allow", reply.allow.encode()))
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _asked(self, request: HttpRequest, headers: Headers) -> _Asked:
        if request.method != "POST":
            raise _refusal(405, "only POST is answered here", "METHOD_NOT_ALLOWED", allow="POST")
        kind, _, parameters = headers.get("content-type", "").partition(";")
        charset = parameters.replace(" ", "").lower()
        if kind.strip().lower() != JSON or charset not in ("", "charset=utf-8"):
            raise _refusal(415, f"send {JSON} in UTF-8", "UNSUPPORTED_MEDIA_TYPE")
        body = await self._body(request, headers)
        try:
            sent = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise _refusal(400, "the body is no JSON", "BAD_REQUEST") from error
        if not isinstance(sent, dict):
            raise _refusal(400, "send one JSON object: several operations at once are not taken", "BAD_REQUEST")
        query, variables, name = sent.get("query"), sent.get("variables"), sent.get("operationName")
        if not isinstance(query, str):
            raise _refusal(400, "query must be the text of a GraphQL document", "BAD_REQUEST")
        if not isinstance(variables, dict | None):
            raise _refusal(400, "variables must be an object", "BAD_REQUEST")
        if not isinstance(name, str | None):
            raise _refusal(400, "operationName must be text", "BAD_REQUEST")
        if not isinstance(sent.get("extensions"), dict | None):
            raise _refusal(400, "extensions must be an object", "BAD_REQUEST")
        return _Asked(query, variables or {}, name or None)

    async def _body(self, request: HttpRequest, headers: Headers) -> bytes:
        too_big = _refusal(413, f"the body has more than {self._limits.body} bytes", "BODY_TOO_BIG")
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self._limits.body:
            raise too_big
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > self._limits.body:
                raise too_big
            chunks.append(chunk)
        return b"".join(chunks)

    async def _answer(self, asked: _Asked, actor: Actor | None, request_id: str) -> _Reply:
        try:
            document = self._documents.parse(asked.query, keep=actor is not None)
            operation = document.operation(asked.operation_name)
        except GraphQLError as error:
            return _Reply({"errors": shown([error], request_id)}, 400)
        if operation.operation is OperationType.SUBSCRIPTION:
            raise _refusal(400, "subscriptions are served over the WebSocket", "BAD_REQUEST", firm=False)
        if actor is None and not _signs_in(operation, document):
            raise _refusal(401, "sign in first: send a bearer token", "UNAUTHENTICATED")
        invalid = self._documents.validate(document)
        if invalid:
            return _Reply({"errors": shown(invalid, request_id)}, 400)
        variables = get_variable_values(
            self._core, operation.variable_definitions or (), asked.variables, max_errors=20, hide_suggestions=True
        )
        if isinstance(variables, list):
            return _Reply({"errors": shown(variables, request_id)}, 400)
        request = Request(document.text, operation, document.fragments, variables)
        try:
            if operation.operation is OperationType.QUERY and actor is not None:
                return await self._read(request, actor, request_id)
            if self._core.mutation_type is not None:
                self._compiler.payloads(request, self._core.mutation_type)
        except (NotProjectable, Irregular) as reason:
            _log.debug("answered without the projection", request_id=request_id, reason=repr(reason))
        except GraphQLError as error:
            return _Reply({"errors": shown([error], request_id)}, 400)
        return await self._execute(asked, actor, request_id)

    async def _read(self, request: Request, actor: Actor, request_id: str) -> _Reply:
        answered = await answer(self._graph, self._compiler, request, actor)
        if answered.errors:
            return _Reply({"errors": shown(answered.errors, request_id), "data": answered.data})
        return _Reply({"data": answered.data})

    async def _execute(self, asked: _Asked, actor: Actor | None, request_id: str) -> _Reply:
        result = await self._schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=self._context(actor, request_id),
            operation_name=asked.operation_name,
            allowed_operation_types=(Allowed.QUERY, Allowed.MUTATION),
        )
        if result.errors:
            return _Reply({"errors": shown(result.errors, request_id), "data": result.data})
        return _Reply({"data": result.data})


def _signs_in(operation: OperationDefinitionNode, document: Document) -> bool:
    names = root_names(operation, document.fragments)
    return operation.operation is OperationType.MUTATION and set(names) == {"login"}


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
