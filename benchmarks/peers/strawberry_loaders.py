"""Services as an idiomatic Strawberry schema: resolvers, DataLoaders, both caches on, orjson, Starlette, uvicorn.

    python -m benchmarks.peers.strawberry_loaders PORT TENANT [bare]      (NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD)

It has no sign-in, no limits and no metrics. It reads with `execute_query`, as the driver's manual has it: a transaction
that is tried again where the server asks for it. `bare` reads with `session.run` instead, which is not.
"""

import os
import sys
from collections.abc import Mapping
from typing import TypedDict

import orjson
import strawberry
import uvicorn
import uvloop
from neo4j import READ_ACCESS, AsyncDriver, AsyncGraphDatabase, RoutingControl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

SERVICES = """
MATCH (s:Service {tenant: $tenant}) WHERE s.id IN $ids
RETURN s { .id, .name, .kind, .description } AS service
"""


class Row(TypedDict):
    """A service, as the driver has it."""

    id: strawberry.ID
    name: str
    kind: str
    description: str | None


@strawberry.type
class Service:
    """A service, as it is stored."""

    id: strawberry.ID
    name: str
    kind: str
    description: str | None


class Context(TypedDict):
    """What resolvers are given; the loader is a request's own."""

    services: DataLoader[str, Service | None]


@strawberry.type
class Query:
    """Where a query enters."""

    @strawberry.field
    async def service(self, info: strawberry.Info[Context, None], id: strawberry.ID) -> Service | None:
        """One service."""
        return await info.context["services"].load(id)


class Endpoint(GraphQL[Context, None]):
    """Strawberry's endpoint with a loader a request, and JSON by orjson."""

    def __init__(self, driver: AsyncDriver, tenant: str, *, bare: bool) -> None:
        super().__init__(strawberry.Schema(Query, extensions=[ParserCache, ValidationCache]), graphql_ide=None)
        self._driver = driver
        self._tenant = tenant
        self._bare = bare

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """A context with loaders of its own."""
        return {"services": DataLoader(load_fn=self._load)}

    def decode_json(self, data: str | bytes) -> object:
        """Read a body."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        """Write a body."""
        return orjson.dumps(data)

    async def _load(self, ids: list[str]) -> list[Service | None]:
        rows = await self._bare_rows(ids) if self._bare else await self._rows(ids)
        found: Mapping[str, Service] = {row["id"]: Service(**row) for row in rows}
        return [found.get(id) for id in ids]

    async def _rows(self, ids: list[str]) -> list[Row]:
        read = RoutingControl.READ
        answer = await self._driver.execute_query(
            SERVICES, tenant=self._tenant, ids=ids, routing_=read, database_="neo4j"
        )
        return [record["service"] for record in answer.records]

    async def _bare_rows(self, ids: list[str]) -> list[Row]:
        async with self._driver.session(default_access_mode=READ_ACCESS) as session:
            result = await session.run(SERVICES, tenant=self._tenant, ids=ids)
            return [record["service"] async for record in result]


async def serve(port: int, tenant: str, *, bare: bool) -> None:
    """Serve until the process is told to stop."""

    async def ready(request: Request) -> Response:
        await driver.verify_connectivity()
        return Response()

    auth = (os.environ["NEO4J_USER"], os.environ["NEO4J_PASSWORD"])
    async with AsyncGraphDatabase.driver(
        os.environ["NEO4J_URI"], auth=auth, notifications_min_severity="OFF", max_connection_pool_size=50
    ) as driver:
        app = Starlette(routes=[Route("/graphql", Endpoint(driver, tenant, bare=bare)), Route("/ready", ready)])
        await uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, server_header=False)
        ).serve()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2], bare=sys.argv[3:] == ["bare"]))
