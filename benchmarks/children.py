"""Servers under measurement, each a process of its own, with the CPU it has used."""

from __future__ import annotations

import asyncio
import http.client
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from app.local.ports import HOST, free_ports
from app.local.processes import Process, alive, spawn, stop
from benchmarks.servers import Tenant

CHECKOUT = Path(__file__).parents[1]
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Child:
    """A server that is ready on `port` of this machine."""

    process: Process
    port: int

    def cpu(self) -> float:
        """Seconds of CPU it has used since its start. Raises OSError on systems without /proc."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def child(
    name: str, *command: str, port: int, environment: Mapping[str, str], folder: Path
) -> AsyncIterator[Child]:
    """A Python module (`-m`) as a process, ready once its /ready answers 200; stopped at the end.

    Raises as `program`.
    """
    own = {"PYTHONPATH": str(CHECKOUT), **environment}
    async with program(name, sys.executable, "-m", *command, port=port, environment=own, folder=folder) as served:
        yield served


@asynccontextmanager
async def program(
    name: str,
    *command: str,
    port: int,
    environment: Mapping[str, str],
    folder: Path,
    ready: str = "/ready",
    status: int = 200,
) -> AsyncIterator[Child]:
    """A program as a process, ready once a GET of `ready` is answered with `status`; stopped at the end.

    Raises RuntimeError with the end of its log where it ends before that.
    """
    kept = {each: os.environ[each] for each in ("PATH", "HOME", "LANG") if each in os.environ}
    log = folder / f"{name}.log"
    process = spawn(name, command, log=log, environment={**kept, **environment})
    try:
        async with asyncio.timeout(START_SECONDS):
            while await asyncio.to_thread(_status, port, ready) != status:
                if not alive(process):
                    raise RuntimeError(f"the {name} ended: {log.read_text(errors='replace')[-2000:]}")
                await asyncio.sleep(0.05)
        yield Child(process, port)
    finally:
        await asyncio.to_thread(stop, process)


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=5.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@asynccontextmanager
async def api(
    tenant: Tenant,
    environment: Mapping[str, str],
    *,
    command: tuple[str, ...] = ("app.main", "serve"),
    name: str = "api",
) -> AsyncIterator[Child]:
    """The API of a tenant, as users start it, or by another `command` (a module and its arguments); `name` is its
    log's."""
    [port] = free_ports(1)
    own = {**environment, "TRELLIS_API_PORT": str(port)}
    log = f"{name}-{command[0].rpartition('.')[2]}"
    async with child(log, *command, port=port, environment=own, folder=tenant.servers.folder) as served:
        yield served


@asynccontextmanager
async def worker(tenant: Tenant, environment: Mapping[str, str]) -> AsyncIterator[Child]:
    """A worker of a tenant, as users start it."""
    [port] = free_ports(1)
    own = {**environment, "TRELLIS_WORKER_PORT": str(port)}
    async with child("worker", "workers.main", port=port, environment=own, folder=tenant.servers.folder) as served:
        yield served


@dataclass(frozen=True, slots=True)
class Caller:
    """Asks an API as the tenant's administrator."""

    port: int
    token: str

    async def ask(self, query: str, variables: Mapping[str, object]) -> dict[str, dict[str, object]]:
        """The data of a request. Raises RuntimeError for an answer with errors."""
        return await asyncio.to_thread(_ask, self.port, self.token, query, variables)


async def signed_in(served: Child, tenant: Tenant) -> Caller:
    """Sign in with the administrator's password, as the command line does."""
    text = "mutation In($input: LoginInput!) { login(input: $input) { token problems { message } } }"
    said = await Caller(served.port, "").ask(text, {"input": {"name": "admin", "password": tenant.password}})
    return Caller(served.port, str(said["login"]["token"]))


def _ask(port: int, token: str, query: str, variables: Mapping[str, object]) -> dict[str, dict[str, object]]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection = http.client.HTTPConnection(HOST, port, timeout=60.0)
    try:
        connection.request("POST", "/graphql", orjson.dumps({"query": query, "variables": variables}), headers)
        said = orjson.loads(connection.getresponse().read())
    finally:
        connection.close()
    if "errors" in said:
        raise RuntimeError(f"the API refused: {said['errors']}")
    data: dict[str, dict[str, object]] = said["data"]
    return data
