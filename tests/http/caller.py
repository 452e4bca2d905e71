"""Sends requests to a GraphQL endpoint of a test's own, without the middleware around it."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

import httpx2
import orjson
from starlette.types import Receive, Scope, Send

from app.domain.access import Actor
from app.graph import Graph
from app.http.documents import USUAL, Limits
from app.http.graphql import GraphQLEndpoint
from app.ports import SystemClock
from graph_schema.context import Application, Context
from graph_schema.projected import compiler_of
from tests.platform import Platform
from tests.projection.reads import SCHEMA

GRAPHQL = "application/graphql-response+json"
REQUEST_ID = "request-1"


class Caller:
    """Asks in a platform's tenant; `actor` None is somebody who is not signed in."""

    def __init__(
        self, platform: Platform, actor: Actor | None, *, limits: Limits = USUAL, graph: Graph | None = None
    ) -> None:
        parts = SimpleNamespace(
            graph=graph or platform.graph,
            clock=SystemClock(),
            ids=platform.ids,
            doorbell=platform.doorbell,
            default_provider="echo",
        )
        # What signs in, enqueues and streams is not asked here.
        application = cast("Application", parts)
        endpoint = GraphQLEndpoint(
            SCHEMA,
            compiler=compiler_of(SCHEMA._schema),
            graph=application.graph,
            context=lambda who, request_id: Context(application, who, request_id),
            limits=limits,
        )

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
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
