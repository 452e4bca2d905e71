"""The API as attackers meet it: a process of its own, and what an attack may cost it."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.domain.access import Actor, Role
from app.domain.sessions import Tokens
from app.local.ports import HOST
from app.ports import SystemClock
from tests.api import KEY
from tests.clocks import crowdedness

SCRAPER = "a token that only this test scrapes with"
PROTOCOL = Subprotocol("graphql-transport-ws")
MEGABYTE = 1024 * 1024
GROWTH = 50 * MEGABYTE
ANSWER_SECONDS = 1.0
LAG_SECONDS = 0.1
USUAL_SECONDS = 0.02
"""What a plain request takes where nothing else keeps the machine busy."""


@dataclass(frozen=True, slots=True)
class Target:
    """The API under attack."""

    port: int
    pid: int
    tenant: str

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    def token(self, role: Role = Role.SUPER_ADMIN) -> str:
        """A good token of somebody with that role."""
        return Tokens(KEY, clock=SystemClock()).issue(Actor("user:admin", self.tenant, "admin", role)).token

    def memory(self) -> int:
        """Bytes it holds at the moment."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu(self) -> float:
        """Seconds of CPU it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def late_ticks(self, client: httpx2.AsyncClient) -> int:
        """How often the loop was kept busy for longer than it may be, since the start."""
        text = (await client.get(f"{self.url}/metrics", headers={"Authorization": f"Bearer {SCRAPER}"})).text
        buckets = dict(re.findall(r'trellis_event_loop_busy_seconds_bucket\{le="([^"]+)"\} (\S+)', text))
        return int(float(buckets["+Inf"]) - float(buckets[str(LAG_SECONDS)]))


@asynccontextmanager
async def unharmed(
    target: Target, *, answers: int = 1, seconds: float = ANSWER_SECONDS, growth: int = GROWTH
) -> AsyncIterator[httpx2.AsyncClient]:
    """Checks that what is done inside costs the API little, and keeps others waiting for less than a moment.

    `answers` is how many times something is answered inside, each within `seconds`, `growth` how many bytes it takes.
    """
    async with httpx2.AsyncClient(timeout=30, base_url=target.url) as client:
        slowest = max([await asked(client) for _ in range(10)])
        crowded = [slowest / USUAL_SECONDS]
        late, memory, cpu = await target.late_ticks(client), target.memory(), target.cpu()
        done = asyncio.Event()

        async def probing() -> None:
            while not done.is_set():
                await asked(client)
                crowded.append(crowdedness())
                await asyncio.sleep(0.02)

        probe = asyncio.create_task(probing())
        began = time.perf_counter()
        try:
            yield client
            took = time.perf_counter() - began
        finally:
            done.set()
            await probe
        assert target.cpu() - cpu < ANSWER_SECONDS
        assert took < answers * seconds * max(1.0, *crowded)
        assert target.memory() - memory < growth
        assert await target.late_ticks(client) == late


async def asked(client: httpx2.AsyncClient) -> float:
    """How many seconds a plain request takes."""
    began = time.perf_counter()
    assert (await client.get("/health")).status_code == 200
    return time.perf_counter() - began


async def post(
    client: httpx2.AsyncClient, target: Target, body: object, *, role: Role = Role.SUPER_ADMIN
) -> httpx2.Response:
    """Send a request as somebody with that role, asking for the statuses of the specification."""
    return await client.post(
        "/graphql",
        content=orjson.dumps(body),
        headers={
            "authorization": f"Bearer {target.token(role)}",
            "content-type": "application/json",
            "accept": "application/graphql-response+json",
        },
    )


def spread(levels: int) -> str:
    """Fragments of which each opens the next one twice."""
    return " ".join(f"fragment F{n} on User {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))


LISTS = "{ services(first: 100) { nodes " + "{ dependents(first: 100) { nodes " * 3 + "{ id }" + " } }" * 3 + " } }"
DOCUMENTS = {
    "list sizes": (LISTS, "may cost"),
    "list sizes by default": (
        "{ services { nodes " + "{ dependents { nodes " * 6 + "{ id }" + " } }" * 6 + " } }",
        "may cost",
    ),
    "alias overloading": ("{ " + " ".join(f"a{n}: me {{ id }}" for n in range(101)) + " }", "aliases"),
    "field duplication": ("{ me { " + "id " * 900 + "} }", "selections of one field"),
    "field duplication in fragments": (
        "{ me { " + "...F " * 100 + "} } fragment F on User { " + "id " * 500 + "}",
        "selections of one field",
    ),
    "directive overloading": ("{ me { id " + "@a" * 900 + " } }", "Unknown directive"),
    "known directives": ("{ me { id " + "@skip(if: false) " * 250 + " } }", "directive"),
    "circular introspection": (
        "{ __schema { types { fields " + "{ type { fields " * 4 + "{ name }" + " } }" * 4 + " } } }",
        "introspection depth",
    ),
    "field suggestions": ("{ servicess { nodes { id } } }", "Cannot query field 'servicess' on type 'Query'."),
    "circle of fragments": (
        "{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }",
        "Cannot spread fragment",
    ),
    "fragments that double": (f"{{ me {{ ...F0 }} }} {spread(100)} fragment F100 on User {{ id }}", None),
    "deep nesting": ("{ a" * 20_000, "nests deeper"),
    "deep nesting of fields": (
        "{ services { nodes " + "{ application { services { nodes " * 8 + "{ id }" + " } } }" * 8 + " } }",
        "levels",
    ),
    "deep values": ("{ services(first: " + "[" * 30_000 + ") { totalCount } }", "nests deeper"),
    "huge number": ("{ services(first: " + "9" * 60_000 + ") { totalCount } }", "Int"),
    "huge text": ('{ service(id: "' + "x" * 60_000 + '") { id } }', "there is no Service"),
    "huge document": ("{ me { id } } #" + "x" * 500_000, "characters"),
    "many words": ("{ me { id } } " + "{ a } " * 10_000, "Document contains more than"),
    "many errors": ("{ me { " + " ".join(f"x{n}" for n in range(900)) + " } }", "Cannot query field"),
    "many operations": (" ".join(f"query Q{n} {{ me {{ id }} }}" for n in range(200)), "several operations"),
    "many variables": (
        "query Q(" + " ".join(f"$v{n}: Int" for n in range(450)) + ") { me { id } }",
        "is never used",
    ),
}


@asynccontextmanager
async def connected(target: Target, *protocols: str) -> AsyncIterator[ClientConnection]:
    """A socket on which nothing was said yet."""
    wanted = [Subprotocol(each) for each in protocols or (PROTOCOL,)]
    url = target.url.replace("http:", "ws:") + "/graphql"
    async with connect(url, subprotocols=wanted, close_timeout=2, proxy=None) as socket:
        yield socket


async def ended(socket: ClientConnection) -> int:
    """The code with which the server ends the socket."""
    with pytest.raises(ConnectionClosed) as closed:
        await drained(socket)
    return closed.value.rcvd.code if closed.value.rcvd else 1006


async def drained(socket: ClientConnection) -> None:
    """Read until the socket ends."""
    async with asyncio.timeout(10):
        while True:
            await socket.recv()


def bearer(target: Target) -> dict[str, str]:
    """What `connection_init` carries."""
    return {"authorization": f"Bearer {target.token()}"}
