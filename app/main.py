"""The API's composition root: `python -m app.main serve` and `python -m app.main migrate`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from app import broker, collecting, migrations
from app.budgets import Budgets
from app.costs import Costs
from app.domain import policies
from app.domain.access import Actor
from app.domain.sessions import Passwords, SignIn, Tokens
from app.domain.tenants import ADMINISTRATOR, ensure_tenant
from app.doorbell import RedisDoorbell
from app.event_hub import EventHub
from app.graph import Graph
from app.graph_failures import GraphUnavailable, StatementFailed
from app.http.admission import Admission, Rules
from app.http.assets import Assets
from app.http.documents import Documents, Limits
from app.http.graphql import GraphQLEndpoint
from app.http.heads import heads_within
from app.http.health import MetricsAccess, health_routes
from app.http.middleware import Authentication, RequestScope, SafetyHeaders
from app.http.operations import Operations
from app.http.sockets import GraphQLSocket, SocketLimits
from app.ids import Ids
from app.loop_lag import watch
from app.ports import Clock, SystemClock
from app.projection.statement import Guard
from app.projection.visibility import by_role
from app.response_cache import ResponseCache
from app.sequencer import Sequencer
from app.settings import Settings, SettingsInvalid, load
from app.telemetry import Metrics, configure_logs
from graph_schema.context import Application, Context
from graph_schema.kinds import labels_in
from graph_schema.mutations import Mutation
from graph_schema.projected import compiler_of
from graph_schema.schema import build_schema
from graph_schema.subscriptions import Subscription
from workers import queue
from workers.providers import echo, kubernetes

WEB = Path(__file__).parents[1] / "web" / "dist"
LARGEST_FRAME = 1024 * 1024
KINDS = {echo.NAME: echo.KINDS, "kubernetes": kubernetes.KINDS}
_log = structlog.get_logger("trellis.main")


class NotMigrated(Exception):
    """The graph lacks migrations of this release."""


def release() -> str:
    """The version of this release."""
    try:
        return version("trellis")
    except PackageNotFoundError:
        return "development"


async def _check_migrations(graph: Graph) -> None:
    done = await migrations.applied(graph)
    if any(migration.name not in done for migration in migrations.known()):
        raise NotMigrated


@asynccontextmanager
async def composed(settings: Settings, *, clock: Clock | None = None, guard: Guard = by_role) -> AsyncIterator[ASGIApp]:
    """The API, ready to serve; everything it opened is closed at the end. `guard` says who sees which nodes.

    It starts without Neo4j and Redis: `/ready` says what is missing, and requests fail until it is there.
    """
    clock = clock or SystemClock()
    ids, metrics = Ids(clock), Metrics()
    async with AsyncExitStack() as stack:
        graph = await stack.enter_async_context(
            Graph.connect(settings.graph, observer=metrics, turns=settings.turns(clock))
        )
        url = settings.redis_url.get_secret_value()
        redis = await stack.enter_async_context(broker.connect(url))
        jobs = await stack.enter_async_context(queue.connect(url))
        hub = await stack.enter_async_context(EventHub(graph, redis, clock))
        tokens = Tokens(
            settings.auth_signing_key.get_secret_value(),
            clock=clock,
            lifetime=timedelta(hours=settings.auth_token_hours),
        )
        sign_in = SignIn(graph, Passwords(), tokens, settings.tenant)
        application = Application(
            graph=graph,
            clock=clock,
            ids=ids,
            doorbell=RedisDoorbell(redis, clock),
            queue=queue.ArqJobQueue(jobs, clock),
            sign_in=sign_in,
            default_provider=settings.default_provider,
            events=hub,
        )
        schema = build_schema(mutation=Mutation, subscription=Subscription, guard=guard)
        compiler = compiler_of(schema._schema)
        limits = Limits(seconds=settings.api_body_seconds)
        admission = Admission(
            Documents(schema._schema, limits=limits),
            Costs(schema._schema, compiler.model),
            rules=Rules(settings.cost_per_request, settings.api_introspection, settings.cost_shown),
            budgets=Budgets(redis, clock, minute=settings.cost_per_minute),
            trusted=settings.trusted,
        )
        metrics.subscribers.set_function(hub.subscribers)
        sequencer = Sequencer(graph, redis, clock, owner=f"api {ids.new()}", tenants=[settings.tenant])
        stack.push_async_callback(_stopped, asyncio.create_task(sequencer.run(), name="sequencer"))
        stack.push_async_callback(_stopped, asyncio.create_task(watch(metrics.loop_busy), name="loop lag"))

        def context(actor: Actor | None, request_id: str) -> Context:
            return Context(application, actor, request_id)

        operations = Operations(
            schema,
            compiler=compiler,
            graph=graph,
            context=context,
            admission=admission,
            responses=ResponseCache(graph, clock, megabytes=settings.api_cache_megabytes, watcher=metrics),
        )
        routes: list[BaseRoute] = [
            Route("/graphql", GraphQLEndpoint(operations, admission, limits=limits)),
            WebSocketRoute(
                "/graphql",
                GraphQLSocket(
                    operations,
                    admission,
                    authenticate=sign_in.authenticate,
                    clock=clock,
                    ids=ids,
                    allowed_origins=settings.api_allowed_origins,
                    limits=SocketLimits(
                        operations=settings.api_subscriptions_per_socket,
                        sockets=settings.api_sockets_per_user,
                        tenant=settings.api_sockets_per_tenant,
                        address=settings.api_sockets_per_address,
                    ),
                ),
            ),
            *health_routes(
                registry=metrics.registry,
                may_read=MetricsAccess(authenticate=sign_in.authenticate, scraper=settings.scraper_token),
                probes={
                    "neo4j": graph.verify,
                    "redis": redis.ping,
                    "migrations": lambda: _check_migrations(graph),
                },
            ),
        ]
        if WEB.is_dir():
            routes.append(Mount("/", Assets(WEB)))
        known = [route.path for route in routes if isinstance(route, Route)]
        yield Starlette(
            routes=routes,
            middleware=[
                Middleware(RequestScope, ids=ids, metrics=metrics, routes=known),
                Middleware(SafetyHeaders),
                Middleware(Authentication, authenticate=sign_in.authenticate),
            ],
        )


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def serve(settings: Settings, *, guard: Guard = by_role) -> None:
    """Serve the API until the process is told to stop. `guard` says who sees which nodes."""
    async with composed(settings, guard=guard) as app:
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=settings.api_host,
                port=settings.api_port,
                log_config=None,
                access_log=False,
                http=heads_within(settings.api_head_seconds),
                ws="websockets-sansio",
                ws_max_size=LARGEST_FRAME,
                timeout_graceful_shutdown=5,
                server_header=False,
            )
        )
        collecting.settle()
        _log.info("serving", host=settings.api_host, port=settings.api_port, release=release())
        await server.serve()


async def migrate(settings: Settings) -> None:
    """Bring the graph to this release's schema, and make the tenant where it is not there yet.

    A generated administrator's password is printed, once.
    """
    given = settings.auth_admin_password
    async with Graph.connect(settings.graph) as graph:
        for name in await migrations.migrate(graph):
            sys.stdout.write(f"applied {name}\n")
        await migrations.require_keys(graph, labels_in(build_schema()._schema))
        await policies.verify(graph)
        made = await ensure_tenant(
            graph,
            settings.tenant,
            passwords=Passwords(),
            password=None if given is None else given.get_secret_value(),
            providers=KINDS,
        )
    if made.created:
        sys.stdout.write(f"created tenant {settings.tenant} with user {ADMINISTRATOR}\n")
    if made.password is not None:
        sys.stdout.write(f"the password of {ADMINISTRATOR}, shown only now: {made.password}\n")


COMMANDS = {"serve": serve, "migrate": migrate}


def main() -> int:
    """Run one command; exit code 2 for a wrong command or setting, 1 for what failed."""
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.stderr.write(f"usage: python -m app.main {'|'.join(COMMANDS)}\n")
        return 2
    try:
        settings = load()
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logs(form=settings.log_format, level=settings.log_level, service="api")
    try:
        uvloop.run(COMMANDS[sys.argv[1]](settings))
    except (GraphUnavailable, StatementFailed, migrations.MigrationFailed, policies.PolicyInvalid) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
