"""A real server with the WebSocket /graphql, and a client that speaks its protocol frame by frame."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import orjson
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from app.budgets import Budgets
from app.costs import Costs
from app.domain.access import Actor, Role
from app.domain.sessions import Passwords, SignIn, Tokens
from app.event_hub import EventHub
from app.http.admission import USUAL as USUAL_RULES
from app.http.admission import Admission, Rules
from app.http.documents import USUAL, Documents
from app.http.operations import Operations
from app.http.sockets import Authenticate, GraphQLSocket, SocketLimits
from app.ids import Ids
from app.ports import Clock, SystemClock
from app.response_cache import ResponseCache
from app.trusted import Trusted
from graph_schema.context import Application, Context
from graph_schema.mutations import Mutation
from graph_schema.projected import compiler_of
from graph_schema.schema import build_schema
from graph_schema.subscriptions import Subscription
from tests.events.world import World

PROTOCOL = "graphql-transport-ws"
FRAME_LIMIT = 1024 * 1024
SMALL_BUFFER = 65_536
"""Bytes between server and client, so that a client that does not read is felt soon."""
SCHEMA = build_schema(mutation=Mutation, subscription=Subscription)
KEY = "k" * 40

EVENTS = """
subscription Events($after: String, $filter: EventFilter) {
  events(after: $after, filter: $filter) {
    __typename
    ... on Event {
      id seq cursor type category level subject subjectLabel subjectVersion actor at message correlationId changeSet
      applicationId environmentId data hash previousHash
    }
    ... on EventGap { cursor reason }
  }
}
"""

Message = dict[str, object]


class IdleQueue:
    """A queue in front of workers that are not there."""

    async def nudge(self, tenant: str, run_id: str) -> None:
        """Nobody carries a run out here."""

    async def observe(self, tenant: str) -> None:
        """Nobody observes anything here."""

    async def enqueue(self, tenant: str, run_id: str, *, project: str, attempt: int, priority: int = 0) -> None:
        """Take a run; nobody carries it out."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, and what a test may ask it for."""

    port: int
    hub: EventHub
    endpoint: GraphQLSocket
    tokens: Tokens
    actor: Actor
    contexts: list[tuple[str, str]]
    """Who each context was made for, and for which request."""

    @property
    def url(self) -> str:
        """Where sockets are opened."""
        return f"ws://127.0.0.1:{self.port}/graphql"

    def token(self) -> str:
        """A good bearer token."""
        return self.tokens.issue(self.actor).token

    @asynccontextmanager
    async def open(
        self,
        *,
        protocols: tuple[str, ...] = (PROTOCOL,),
        origin: str | None = None,
        headers: Mapping[str, str] | None = None,
        queue: int = 16,
    ) -> AsyncIterator[Client]:
        """A connection that has not said yet who it is."""
        buffered = socket.socket()
        buffered.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        buffered.connect(("127.0.0.1", self.port))
        async with connect(
            self.url,
            sock=buffered,
            subprotocols=[Subprotocol(each) for each in protocols] or None,
            origin=None if origin is None else Origin(origin),
            additional_headers=headers,
            max_queue=queue,
            max_size=None,
            close_timeout=2,
        ) as connection:
            yield Client(connection)

    @asynccontextmanager
    async def signed_in(self, *, token: str | None = None, queue: int = 16) -> AsyncIterator[Client]:
        """A connection that was acknowledged."""
        async with self.open(queue=queue) as client:
            await client.initialise(token or self.token())
            yield client


class Client:
    """One connection, frame by frame."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: object) -> None:
        """Send a message as it is, text and bytes as they are."""
        await self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    async def receive(self, seconds: float = 10.0) -> Message:
        """The next message."""
        async with asyncio.timeout(seconds):
            return cast("Message", orjson.loads(await self.connection.recv()))

    async def initialise(self, token: str) -> None:
        """Say who one is, and be acknowledged."""
        await self.send({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, query: str, variables: Mapping[str, object] | None = None, *, id_: str = "1") -> None:
        """Start an operation."""
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def event(self) -> dict[str, object]:
        """The next event or gap of a subscription."""
        message = await self.receive()
        assert message["type"] == "next", message
        payload = cast("dict[str, dict[str, dict[str, object]]]", message["payload"])
        assert "errors" not in payload, payload
        return payload["data"]["events"]

    async def closed(self, seconds: float = 10.0) -> tuple[int, str]:
        """The code and reason with which the server closes, after whatever it still sends."""
        with pytest.raises(ConnectionClosed) as ended:
            await self._drain(seconds)
        frame = ended.value.rcvd
        assert frame is not None, "the server went away without a close frame"
        return frame.code, frame.reason

    async def _drain(self, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while True:
                await self.connection.recv()


@asynccontextmanager
async def serving(
    world: World,
    *,
    clock: Clock | None = None,
    limits: SocketLimits | None = None,
    queue: int = 2000,
    authenticate: Authenticate | None = None,
    rules: Rules = USUAL_RULES,
    budgets: Budgets | None = None,
    trusted: Trusted | None = None,
) -> AsyncIterator[Served]:
    """A server for one tenant, on a free port of this machine."""
    clock = clock or SystemClock()
    ids = Ids(clock)
    tokens = Tokens(KEY, clock=clock, lifetime=timedelta(hours=1))
    actor = Actor("user:admin", world.tenant, "admin", Role.SUPER_ADMIN)
    async with EventHub(world.graph, world.redis, SystemClock(), queue=queue) as hub:
        application = Application(
            graph=world.graph,
            clock=clock,
            ids=ids,
            doorbell=world.doorbell,
            queue=IdleQueue(),
            sign_in=SignIn(world.graph, Passwords(memory_kib=64), tokens, world.tenant),
            default_provider="echo",
            events=hub,
        )
        compiler = compiler_of(SCHEMA._schema)
        contexts: list[tuple[str, str]] = []

        def context(who: Actor | None, request_id: str) -> Context:
            contexts.append(("" if who is None else who.id, request_id))
            return Context(application, who, request_id)

        admission = Admission(
            Documents(SCHEMA._schema, limits=USUAL),
            Costs(SCHEMA._schema, compiler.model),
            rules=rules,
            budgets=budgets,
            trusted=trusted,
        )
        operations = Operations(
            SCHEMA,
            compiler=compiler,
            graph=world.graph,
            context=context,
            admission=admission,
            responses=ResponseCache(world.graph, clock, megabytes=0),
        )
        endpoint = GraphQLSocket(
            operations,
            admission,
            authenticate=authenticate or tokens.verify,
            clock=clock,
            ids=ids,
            allowed_origins=["https://console.example"],
            limits=limits,
        )
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
        config = uvicorn.Config(
            Starlette(routes=[WebSocketRoute("/graphql", endpoint)]),
            ws="websockets-sansio",
            ws_max_size=FRAME_LIMIT,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        serve = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield Served(listening.getsockname()[1], hub, endpoint, tokens, actor, contexts)
        finally:
            server.should_exit = True
            await serve
            listening.close()
