"""The page as an HTTP route by hand: the Neo4j driver with its Rust extension, one Cypher statement, orjson.

    python -m benchmarks.peers.driver_route PORT TENANT      (NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD)

It has no sign-in, no query language and no metrics: what is left is the least that such a route can do.
"""

from __future__ import annotations

import base64
import os
import sys

import orjson
import uvicorn
import uvloop
from neo4j import READ_ACCESS, AsyncDriver, AsyncGraphDatabase
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PAGE = """
MATCH (a:Application {tenant: $tenant}) WHERE a.id > $after
WITH a ORDER BY a.tenant, a.id LIMIT $limit
RETURN a { .id, .name, .description, createdAt: toString(a.created_at),
  project: head([(a)<-[:CONTAINS]-(p:Project {tenant: $tenant}) | p { .id, .name }]),
  services: { nodes: COLLECT {
    MATCH (a)-[:HAS_SERVICE]->(s:Service {tenant: $tenant})
    WITH s ORDER BY s.id LIMIT 20
    RETURN s { .id, .name, .kind, .description,
      deployments: { nodes: COLLECT {
        MATCH (s)<-[:OF]-(d:Deployment {tenant: $tenant})
        WITH d ORDER BY d.id LIMIT 20
        RETURN d { .id, status: toUpper(d.status), environment: head(
          [(d)-[:IN]->(e:Environment {tenant: $tenant}) | e { .id, .name, stage: toUpper(e.stage) }]) } } },
      dependencies: { edges: COLLECT {
        MATCH (s)-[r:DEPENDS_ON]->(o:Service {tenant: $tenant})
        WITH r, o ORDER BY o.id LIMIT 20
        RETURN { kind: toUpper(r.kind), node: o { .id, .name } } } } } } } } AS application
"""


def _cursor(id: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([id])).rstrip(b"=").decode()


def _after(cursor: str | None) -> str:
    if cursor is None:
        return ""
    return str(orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[0])


def route(driver: AsyncDriver, tenant: str) -> Starlette:
    """The route POST /page, which takes `{"variables": {"first", "after"}}` as the GraphQL endpoint does."""

    async def page(request: Request) -> Response:
        variables = orjson.loads(await request.body())["variables"]
        first = variables["first"]
        async with driver.session(default_access_mode=READ_ACCESS) as session:
            result = await session.run(PAGE, tenant=tenant, after=_after(variables["after"]), limit=first + 1)
            found = [record["application"] async for record in result]
        nodes = found[:first]
        info = {"hasNextPage": len(found) > first, "endCursor": _cursor(nodes[-1]["id"]) if nodes else None}
        body = {"data": {"applications": {"pageInfo": info, "nodes": nodes}}}
        return Response(orjson.dumps(body), media_type="application/json")

    async def ready(request: Request) -> Response:
        await driver.verify_connectivity()
        return Response()

    return Starlette(routes=[Route("/page", page, methods=["POST"]), Route("/ready", ready)])


async def serve(port: int, tenant: str) -> None:
    """Serve until the process is told to stop."""
    auth = (os.environ["NEO4J_USER"], os.environ["NEO4J_PASSWORD"])
    async with AsyncGraphDatabase.driver(
        os.environ["NEO4J_URI"], auth=auth, notifications_min_severity="OFF", max_connection_pool_size=50
    ) as driver:
        app = route(driver, tenant)
        await uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, server_header=False)
        ).serve()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2]))
