"""Runs what was admitted: a query as one compiled statement where it can be, everything else through Strawberry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import aclosing

import orjson
import strawberry
import structlog
from graphql import GraphQLError, OperationType, execute_sync
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType as Allowed

from app.domain.access import Actor
from app.errors import Forbidden
from app.graph import Graph
from app.http.admission import Admission, Admitted, NotAdmitted
from app.http.documents import DOCUMENT
from app.http.failures import refused, shown
from app.projection.compiler import Compiler, Request
from app.projection.reading import LARGE, answer
from app.projection.selection import NotProjectable
from app.projection.shaper import Irregular
from app.recent import Recent
from app.response_cache import ResponseCache, digest

Body = dict[str, object]
MakeContext = Callable[[Actor | None, str], object]
INTROSPECTIONS = 8
"""Answers about the schema that are kept: it is the same for ever, and telling it takes longest of all."""

_log = structlog.get_logger("trellis.graphql")


class Operations:
    """Runs operations of one schema.

    `context` makes what resolvers are given, anew for each operation, from who asks and the request's id. `admission`
    is asked for the price of GraphQL's own execution where a compiled read was paid and cannot answer, and for that of
    each message of a subscription. `responses` keeps answers to large queries for as long as nothing changes.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        compiler: Compiler,
        graph: Graph,
        context: MakeContext,
        admission: Admission,
        responses: ResponseCache,
    ) -> None:
        self._schema = schema
        self._core = schema._schema
        self._compiler = compiler
        self._graph = graph
        self._context = context
        self._admission = admission
        self._responses = responses
        self._introspected: Recent[bytes] = Recent(INTROSPECTIONS)

    async def run(self, admitted: Admitted, actor: Actor | None, request_id: str) -> Body:
        """The answer to a query or a mutation.

        Raises NotAdmitted for a mistake or a cost that shows only now, and before anything was changed;
        GraphUnavailable.
        """
        kind = admitted.operation.operation
        if admitted.priced.only_introspects and kind is OperationType.QUERY:
            return _body(admitted, await self._introspect(admitted), [])
        request = Request(admitted.document.text, admitted.operation, admitted.document.fragments, admitted.variables)
        try:
            if kind is OperationType.QUERY and actor is not None:
                return await self._read(admitted, request, actor, request_id)
            if self._core.mutation_type is not None:
                self._compiler.payloads(request, self._core.mutation_type)
        except (NotProjectable, Irregular) as reason:
            _log.debug("answered without the projection", request_id=request_id, reason=repr(reason))
            admitted = await self._admission.resolve(admitted)
        except Forbidden as error:
            raise NotAdmitted([refused(error.message, error.code)], status=403) from error
        except GraphQLError as error:
            raise NotAdmitted(shown([error], request_id)) from error
        result = await self._schema.execute(
            admitted.document.text,
            variable_values=admitted.given,
            context_value=self._context(actor, request_id),
            operation_name=admitted.name,
            allowed_operation_types=(Allowed.QUERY, Allowed.MUTATION),
            operation_extensions={DOCUMENT: admitted.document.tree},
        )
        return _body(admitted, result.data, shown(result.errors, request_id) if result.errors else [])

    async def _read(self, admitted: Admitted, request: Request, actor: Actor, request_id: str) -> Body:
        cost = admitted.cost.total
        missing: list[GraphQLError] = []

        async def read() -> tuple[object, bool]:
            answered = await answer(self._graph, self._compiler, request, actor, may_be_large=cost > LARGE)
            missing.extend(answered.errors)
            return answered.data, answered.recorded and not missing

        def asked() -> Hashable:
            return actor.id, actor.role, digest(admitted.document.text, admitted.name, admitted.given)

        data = await self._responses.answer(actor.tenant, asked, cost=cost, read=read)
        return _body(admitted, data, shown(missing, request_id) if missing else [])

    async def follow(self, admitted: Admitted, actor: Actor, request_id: str) -> AsyncGenerator[Body, None]:
        """The messages of a subscription, until it ends.

        Raises NotAdmitted where it does not begin, and where the minute's budget does not suffice for a message.
        """
        results = await self._schema.stream(
            admitted.document.text,
            variable_values=admitted.given,
            context_value=self._context(actor, request_id),
            operation_name=admitted.name,
            operation_extensions={DOCUMENT: admitted.document.tree},
        )
        async with aclosing(results):
            async for result in results:
                if isinstance(result, PreExecutionError):
                    raise NotAdmitted(shown(result.errors or [], request_id))
                if not isinstance(result, ExecutionResult):
                    raise NotAdmitted([refused("@defer and @stream are not served", "NOT_SERVED")])
                await self._admission.message(admitted)
                yield _body(admitted, result.data, shown(result.errors, request_id) if result.errors else [])

    async def _introspect(self, admitted: Admitted) -> object:
        """The schema about itself, told in a thread, because it takes long and waits for nothing."""

        def told() -> bytes:
            result = execute_sync(
                self._core,
                admitted.document.tree,
                variable_values=admitted.given,
                operation_name=admitted.name,
            )
            return orjson.dumps(result.data)

        key = (admitted.document.text, admitted.name, orjson.dumps(admitted.given, option=orjson.OPT_SORT_KEYS))
        kept = self._introspected.find(key)
        if kept is None:
            made = await asyncio.to_thread(told)
            kept = self._introspected.get(key, lambda: made)
        return orjson.Fragment(kept)


def _body(admitted: Admitted, data: object, errors: list[dict[str, object]]) -> Body:
    body: Body = {"errors": errors, "data": data} if errors else {"data": data}
    if admitted.shown is not None:
        body["extensions"] = {"cost": admitted.shown}
    return body
