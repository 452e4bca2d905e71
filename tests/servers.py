"""The real Neo4j and Redis that the tests use: those named in the environment, else ones of this test run alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.local.jars import class_path
from app.local.neo4j import USER, Neo4jServer
from app.local.ports import free_ports
from app.local.redis import RedisServer

BRIEF = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


@dataclass(frozen=True, slots=True)
class Neo4jAccess:
    """Where a Neo4j is and how to sign in."""

    uri: str
    user: str
    password: str


def own_neo4j(folder: Path, *, heap: int = 512, page_cache: int = 64, brief: bool = True) -> Neo4jServer:
    """A Neo4j of the caller's own in a new folder, on free ports, not started yet; the caller stops it.

    Memory is in megabytes. With `brief`, Java does not make it fast where that pays only after minutes: it starts with
    two thirds of the work.
    """
    bolt, http = free_ports(2)
    jars = class_path(lambda done, total: None)
    password = secrets.token_urlsafe(12)
    return Neo4jServer(
        folder,
        jars,
        password=password,
        bolt_port=bolt,
        http_port=http,
        heap=heap,
        page_cache=page_cache,
        java=BRIEF if brief else (),
    )


def own_redis(folder: Path) -> RedisServer:
    """A Redis of the caller's own in a new folder, on a free port, not started yet; the caller stops it."""
    [port] = free_ports(1)
    return RedisServer(folder, password=secrets.token_urlsafe(12), port=port)


@contextmanager
def neo4j_for_tests(folder: Path, *, heap: int = 512, page_cache: int = 64) -> Iterator[Neo4jAccess]:
    """The Neo4j of TRELLIS_TEST_NEO4J_URI, else one started in `folder` and stopped at the end; memory in megabytes."""
    uri = os.environ.get("TRELLIS_TEST_NEO4J_URI")
    if uri:
        yield Neo4jAccess(uri, USER, os.environ["TRELLIS_TEST_NEO4J_PASSWORD"])
        return
    server = own_neo4j(folder, heap=heap, page_cache=page_cache, brief=False)
    try:
        server.start()
        yield Neo4jAccess(server.uri, USER, server.password)
    finally:
        server.stop()


@contextmanager
def redis_for_tests(folder: Path) -> Iterator[str]:
    """The URL of TRELLIS_TEST_REDIS_URL, else of a Redis started in `folder` and stopped at the end."""
    url = os.environ.get("TRELLIS_TEST_REDIS_URL")
    if url:
        yield url
        return
    server = own_redis(folder)
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
