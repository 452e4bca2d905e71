"""One query asked both ways: as one compiled statement, and through GraphQL's own execution."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

import orjson
import strawberry
from graphql import FragmentDefinitionNode, OperationDefinitionNode, get_variable_values, parse, validate
from graphql.execution.values import VariableValues

from app.domain.access import Actor, Role
from app.graph import Graph
from app.http.failures import shown
from app.projection.compiler import Compiled, Request
from app.projection.reading import answer
from graph_schema.context import Application, Context
from graph_schema.projected import compiler_of
from graph_schema.schema import build_schema

SCHEMA = build_schema()
COMPILER = compiler_of(SCHEMA._schema)


def request_of(
    query: str, variables: Mapping[str, object] | None = None, *, schema: strawberry.Schema = SCHEMA
) -> Request:
    """A valid operation with its variables."""
    document = parse(query)
    assert validate(schema._schema, document) == []
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    values = get_variable_values(schema._schema, operation.variable_definitions or (), dict(variables or {}))
    assert isinstance(values, VariableValues), values
    return Request(query, operation, fragments, values)


def compiled(query: str, variables: Mapping[str, object] | None = None) -> Compiled:
    """The compiled read of a query."""
    return COMPILER.operation(request_of(query, variables))


def _body(errors: list[dict[str, object]], data: object) -> bytes:
    # Root fields run side by side in GraphQL's own execution: which of two errors is met first is chance.
    return orjson.dumps({"errors": sorted(errors, key=lambda error: orjson.dumps(error["path"])), "data": data})


class Reads:
    """Asks as the administrator of one tenant."""

    def __init__(self, graph: Graph, tenant: str) -> None:
        self.graph = graph
        self.actor = Actor("user:admin", tenant, "admin", Role.SUPER_ADMIN)
        # Reading needs the graph and nothing else of the application.
        self._application = cast("Application", SimpleNamespace(graph=graph))

    async def fast(
        self, query: str, variables: Mapping[str, object] | None = None, *, may_be_large: bool = False
    ) -> bytes:
        """The answer as one compiled statement, as bytes. Raises Irregular and NotProjectable."""
        request = request_of(query, variables)
        answered = await answer(self.graph, COMPILER, request, self.actor, may_be_large=may_be_large)
        return _body(shown(answered.errors, "r"), answered.data)

    async def slow(self, query: str, variables: Mapping[str, object] | None = None) -> bytes:
        """The answer of GraphQL's own execution, as bytes."""
        context = Context(self._application, self.actor, "r")
        result = await SCHEMA.execute(query, dict(variables or {}), context_value=context)
        return _body(shown(result.errors or (), "r"), result.data)

    async def both(self, query: str, variables: Mapping[str, object] | None = None) -> dict[str, object]:
        """The answer, once both ways have given the same bytes."""
        fast, slow = await self.fast(query, variables), await self.slow(query, variables)
        assert fast == slow
        answered: dict[str, object] = orjson.loads(fast)
        return answered
