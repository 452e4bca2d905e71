"""Sends requests to a GraphQL endpoint of a test's own, without the middleware around it."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

import httpx2
import orjson
from starlette.types import Receive, Scope, Send

from app.budgets import Budgets
from app.costs import Costs
from app.domain.access import Actor
from app.domain.sessions import Passwords, SignIn, Tokens
from app.graph import Graph
from app.http.admission import USUAL as USUAL_RULES
from app.http.admission import Admission, Rules
from app.http.documents import USUAL, Documents, Limits
from app.http.graphql import GraphQLEndpoint
from app.http.operations import Operations
from app.ports import SystemClock
from app.response_cache import ResponseCache
from app.trusted import Trusted
from graph_schema.context import Application, Context
from graph_schema.projected import compiler_of
from tests.platform import Platform
from tests.projection.reads import SCHEMA

GRAPHQL = "application/graphql-response+json"
REQUEST_ID = "request-1"


class Caller:
    """Asks in a platform's tenant; `actor` None is somebody who is not signed in."""

    def __init__(
        self,
        platform: Platform,
        actor: Actor | None,
        *,
        limits: Limits = USUAL,
        graph: Graph | None = None,
        rules: Rules = USUAL_RULES,
        budgets: Budgets | None = None,
        trusted: Trusted | None = None,
        address: str = "127.0.0.1",
        responses: ResponseCache | None = None,
    ) -> None:
        parts = SimpleNamespace(
            graph=graph or platform.graph,
            clock=SystemClock(),
            ids=platform.ids,
            doorbell=platform.doorbell,
            default_provider="echo",
            sign_in=SignIn(
                platform.graph, Passwords(memory_kib=64), Tokens("k" * 40, clock=SystemClock()), platform.tenant
            ),
        )
        # What enqueues and streams is not asked here.
        application = cast("Application", parts)
        compiler = compiler_of(SCHEMA._schema)
        admission = Admission(
            Documents(SCHEMA._schema, limits=limits),
            Costs(SCHEMA._schema, compiler.model),
            rules=rules,
            budgets=budgets,
            trusted=trusted,
        )
        operations = Operations(
            SCHEMA,
            compiler=compiler,
            graph=application.graph,
            context=lambda who, request_id: Context(application, who, request_id),
            admission=admission,
            responses=responses or ResponseCache(application.graph, SystemClock(), megabytes=0),
        )
        endpoint = GraphQLEndpoint(operations, admission, limits=limits)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["client"] = (address, 1)
            scope["state"] = {"actor": actor, "request_id": REQUEST_ID}
            await endpoint(scope, receive, send)

        self._app = app

    async def send(
        self, method: str = "POST", content: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Any request; JSON unless the headers say otherwise."""
        given = {"content-type": "application/json", **(headers or {})}
        transport = httpx2.ASGITransport(app=self._app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, "/graphql", content=content, headers=given)

    async def ask(
        self,
        query: str,
        variables: Mapping[str, object] | None = None,
        *,
        accept: str = GRAPHQL,
        name: str | None = None,
    ) -> httpx2.Response:
        """A GraphQL request."""
        body = {"query": query, "variables": variables, "operationName": name}
        return await self.send(content=orjson.dumps(body), headers={"accept": accept})
