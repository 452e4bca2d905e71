"""The Neo4j and Redis of a local start: the user's own where the settings name them, else ones of this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.local.credentials import Credentials
from app.local.jars import class_path
from app.local.neo4j import Neo4jServer
from app.local.processes import Process
from app.local.redis import RedisServer
from app.local.screen import Screen
from app.local.settings import LocalSettings
from app.local.state import State


class LocalServer(Protocol):
    """What a local start does with a server of either kind."""

    @property
    def alive(self) -> bool:
        """Whether the process runs."""

    @property
    def configuration(self) -> str:
        """What the server is started with."""

    def require_ports(self) -> None:
        """Raise PortInUse if the server does not run and somebody else has a port of it."""

    def launch(self) -> Process:
        """Start the process and return at once."""

    def stop(self) -> None:
        """Shut the server down in order."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where Neo4j and Redis are; `neo4j` and `redis` are None where they are the user's own."""

    neo4j_uri: str
    neo4j_user: str
    neo4j_password: str
    redis_url: str
    neo4j: Neo4jServer | None
    redis: RedisServer | None


def describe(settings: LocalSettings, state: State, secret: Credentials) -> Servers:
    """The servers that the settings ask for; nothing is started."""
    neo4j = _neo4j(settings, state, secret)
    redis = _redis(settings, state, secret)
    given_password = settings.neo4j_password.get_secret_value() if settings.neo4j_password else ""
    given_url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    return Servers(
        neo4j_uri=neo4j.uri if neo4j else settings.neo4j_uri or "",
        neo4j_user=secret.neo4j_user if neo4j else settings.neo4j_user,
        neo4j_password=secret.neo4j_password if neo4j else given_password,
        redis_url=redis.url if redis else given_url,
        neo4j=neo4j,
        redis=redis,
    )


def _neo4j(settings: LocalSettings, state: State, secret: Credentials) -> Neo4jServer | None:
    if settings.neo4j_uri is not None:
        return None
    return Neo4jServer(
        state.folder / "neo4j",
        (),
        password=secret.neo4j_password,
        bolt_port=settings.local_neo4j_bolt_port,
        http_port=settings.local_neo4j_http_port,
        heap=settings.local_neo4j_heap_megabytes,
        log=state.folder / "logs" / "neo4j.log",
        process=state.processes().get("neo4j"),
    )


def _redis(settings: LocalSettings, state: State, secret: Credentials) -> RedisServer | None:
    if settings.redis_url is not None:
        return None
    return RedisServer(
        state.folder / "redis",
        password=secret.redis_password,
        port=settings.local_redis_port,
        log=state.folder / "logs" / "redis.log",
        process=state.processes().get("redis"),
    )


def start(servers: Servers, state: State, screen: Screen, *, meanwhile: Callable[[], None]) -> None:
    """Start what does not run, or runs with other settings than now; return when all of it answers.

    Neo4j takes longest: `meanwhile` is called while it starts.
    """
    neo4j, redis = servers.neo4j, servers.redis
    # Every port is looked at before anything is fetched or started.
    for name, server in _local(servers):
        if server.alive and state.basis(name) != _basis(server):
            with screen.step(f"Stop {name}, whose settings have changed"):
                server.stop()
        server.require_ports()
    if neo4j is not None and not neo4j.alive:
        with screen.step("Fetch Neo4j") as step:
            neo4j.class_path = class_path(lambda done, total: step.update(f"{done} of {total} files"))
        state.record(neo4j.launch(), basis=_basis(neo4j))
    if redis is not None:
        with screen.step("Redis") as step:
            if not redis.alive:
                state.record(redis.launch(), basis=_basis(redis))
            redis.wait()
            step.detail = f"127.0.0.1:{redis.port}"
    meanwhile()
    if neo4j is not None:
        with screen.step("Neo4j") as step:
            neo4j.wait(waiting=lambda: step.update("starting"))
            step.detail = neo4j.uri


def _local(servers: Servers) -> list[tuple[str, LocalServer]]:
    found: list[tuple[str, LocalServer]] = []
    if servers.neo4j is not None:
        found.append(("neo4j", servers.neo4j))
    if servers.redis is not None:
        found.append(("redis", servers.redis))
    return found


def _basis(server: LocalServer) -> str:
    return hashlib.sha256(server.configuration.encode()).hexdigest()
