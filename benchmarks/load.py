"""A load generator of its own process: keeps a number of HTTP/1.1 connections busy for a while.

Run as `python -m benchmarks.load`, it takes a Load as JSON on its standard input and answers with a Found. Plain
sockets and no parsing of bodies, so that it takes little of the machine from what it measures.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import uvloop

from app.local.ports import HOST


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: `clients` connections send the bodies round and round for `seconds`, each its own share first."""

    port: int
    path: str
    headers: dict[str, str]
    bodies: list[str]
    clients: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """How it went: milliseconds of each request, how long all took, and the bytes of all bodies."""

    milliseconds: list[float]
    seconds: float
    size: int

    @property
    def a_second(self) -> float:
        """Requests a second."""
        return len(self.milliseconds) / self.seconds


class LoadFailed(Exception):
    """A server did not answer with 200, or the generator did not run."""


async def generate(load: Load) -> Found:
    """Let a process of its own send the load."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    try:
        out, err = await process.communicate(orjson.dumps(asdict(load)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise LoadFailed(err.decode(errors="replace")[-2000:])
    said = orjson.loads(out)
    return Found(said["milliseconds"], said["seconds"], said["size"])


async def fetch(load: Load, body: str) -> bytes:
    """The body of one answer."""
    reader, writer = await asyncio.open_connection(HOST, load.port)
    try:
        return await _exchange(reader, writer, _request(load, body))
    finally:
        writer.close()


async def _send(load: Load) -> Found:
    milliseconds: list[float] = []
    sizes: list[int] = []
    requests = [_request(load, body) for body in load.bodies]
    began = time.perf_counter()
    until = began + load.seconds

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection(HOST, load.port)
        following = number * len(requests) // load.clients
        while time.perf_counter() < until:
            sent = time.perf_counter()
            body = await _exchange(reader, writer, requests[following % len(requests)])
            milliseconds.append((time.perf_counter() - sent) * 1000)
            sizes.append(len(body))
            following += 1
        writer.close()

    await asyncio.gather(*(client(number) for number in range(load.clients)))
    return Found(milliseconds, time.perf_counter() - began, sum(sizes))


def _request(load: Load, body: str) -> bytes:
    content = body.encode()
    headers = {
        "host": f"{HOST}:{load.port}",
        "content-type": "application/json",
        "content-length": str(len(content)),
        **load.headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {load.path} HTTP/1.1\r\n{head}\r\n".encode() + content


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise LoadFailed(head.decode(errors="replace"))
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return await reader.readexactly(int(length))


def main() -> None:
    """Read a load, send it, write what was found."""
    found = uvloop.run(_send(Load(**orjson.loads(sys.stdin.buffer.read()))))
    sys.stdout.buffer.write(orjson.dumps(asdict(found)))


if __name__ == "__main__":
    main()
