"""What comes on a connection is one request after another, or it is refused: never two readings of the same bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from app.http.heads import LARGEST_HEAD, MOST_WAITING, heads_within
from app.local.ports import HOST

SECONDS = 0.3
GET = b"GET /one HTTP/1.1\r\nHost: test\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
POST = b"POST /one HTTP/1.1\r\nHost: test\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(slots=True)
class Served:
    """A server whose application notes what it was asked, and answers with the body that it was sent."""

    port: int = 0
    asked: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, but for /held, which waits until it is released."""
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        self.asked.append((scope["path"], body, dict(request.headers)))
        self.begun.set()
        if scope["path"] == "/held":
            await self.release.wait()
        head = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def said(self, *parts: bytes) -> bytes:
        """All that is answered until the server ends the connection; each part is sent by itself."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        answering = asyncio.create_task(_read(reader))
        try:
            # A server that refuses does not read to the end, and may end the connection while there is more.
            with suppress(ConnectionError):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0)
            return await asyncio.wait_for(answering, 10)
        finally:
            writer.close()

    def paths(self) -> Sequence[str]:
        """The paths that were asked for, in order."""
        return [path for path, _, _ in self.asked]


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A server on a port of its own; its heads have a moment to arrive."""
    made = Served()
    config = uvicorn.Config(made.app, interface="asgi3", log_config=None, lifespan="off", ws="websockets-sansio")
    config.load()
    state = ServerState()
    protocol = heads_within(SECONDS)
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config=config, server_state=state, app_state={}), HOST, 0
    )
    made.port = server.sockets[0].getsockname()[1]
    yield made
    made.release.set()
    server.close()
    for connection in list(state.connections):
        connection.shutdown()
    if state.tasks:
        await asyncio.wait(state.tasks)
    await server.wait_closed()


async def _read(reader: asyncio.StreamReader) -> bytes:
    answered = b""
    with suppress(ConnectionError):
        while some := await reader.read(65_536):
            answered += some
    return answered


def statuses(said: bytes) -> list[int]:
    """The statuses of all answers."""
    return [int(each[:3]) for each in said.split(b"HTTP/1.1 ")[1:]]


async def test_requests_on_one_connection_are_answered_in_order(served: Served) -> None:
    # given three requests that are sent at once, one with a body and one in chunks
    body = POST + b"Content-Length: 3\r\n\r\none"
    chunks = CHUNKED + b"2;a=b\r\ntw\r\n1\r\no\r\n0\r\n\r\n"
    # when
    said = await served.said(body + chunks + LAST)
    # then
    assert statuses(said) == [200, 200, 200]
    assert [(path, text) for path, text, _ in served.asked] == [("/one", b"one"), ("/one", b"two"), ("/last", b"")]
    assert said.index(b"one") < said.index(b"two")


async def test_a_request_in_single_bytes_is_one_request(served: Served) -> None:
    whole = POST + b"Connection: close\r\nContent-Length: 3\r\n\r\none"
    said = await served.said(*(whole[at : at + 1] for at in range(len(whole))))
    assert statuses(said) == [200]
    assert said.endswith(b"\r\n\r\none")


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\none",
        POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\none",
        POST + b"Content-Length: 3, 3\r\n\r\none",
        POST + b"Content-Length: +3\r\n\r\none",
        POST + b"Content-Length: -3\r\n\r\none",
        POST + b"Content-Length: 99999999999999999999\r\n\r\none",
        POST + b"Transfer-Encoding: gzip\r\n\r\n",
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        GET.replace(b"\r\n", b"\n"),
        b"GET /one HTTP/1.1\r\nHost: test\nX-One: 1\r\n\r\n",
        b"GET /one HTTP/1.1\r\nHost: test\r\n\n",
        b"GET /one HTTP/1.1\r\nHost: test\rX-One: 1\r\n\r\n",
        b"GET /one HTTP/1.1\r\nHost: test\r\nX-One: 1\r\n 2\r\n\r\n",
        b"GET /one HTTP/1.1\r\n Host: test\r\n\r\n",
        b"GET /one HTTP/1.1\r\nHost: test\r\nX-One: 1\x002\r\n\r\n",
        b"GET /one HTTP/1.1\r\nHost: test\r\nX One: 1\r\n\r\n",
        b"GET /one HTTP/1.1\r\nHost: test\r\n: 1\r\n\r\n",
        b"GET /one HTTP/1.1\r\nHost: test\r\nHost: other\r\n\r\n",
        b"GET /one HTTP/1.1\r\n\r\n",
        b"GET /one\r\n\r\n",
        b"GET /one HTTP/0.9\r\nHost: test\r\n\r\n",
        b"GET /one HTTP/2.0\r\nHost: test\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT test:80 HTTP/1.1\r\nHost: test\r\n\r\n",
        b"NOTHING /one HTTP/1.1\r\nHost: test\r\n\r\n",
        "GET /é HTTP/1.1\r\nHost: test\r\n\r\n".encode(),
        b"GET /o\x01 HTTP/1.1\r\nHost: test\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused(
    served: Served, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    # given something that is no request, and a request after it
    # when
    said = await served.said(sent + GET)
    # then the first is refused, nothing of the second is looked at, and no traceback is logged
    assert statuses(said) == [400]
    assert b"connection: close" in said
    assert served.asked == []
    assert [each for each in caplog.records if each.exc_info] == []


@pytest.mark.parametrize(
    "chunks",
    [b"xyz\r\none\r\n", b"3\none\r\n", b"3 \r\none\r\n", b"2\r\none\r\n", b"fffffffffffffffff\r\none\r\n"],
)
async def test_chunks_that_are_none_are_refused(served: Served, chunks: bytes) -> None:
    said = await served.said(CHUNKED + chunks + b"0\r\n\r\n" + GET)
    assert statuses(said) == [400]
    assert served.asked == []


async def test_trailers_add_nothing_to_the_request(served: Served) -> None:
    # given a request that says after its body who asks
    trailers = b"Authorization: Bearer x\r\nX-Request-Id: 1\r\n\r\n"
    # when
    said = await served.said(CHUNKED + b"3\r\none\r\n0\r\n" + trailers + LAST)
    # then
    assert statuses(said) == [200, 200]
    assert served.asked[0] == ("/one", b"one", {"host": "test", "transfer-encoding": "chunked"})


async def test_what_was_asked_before_is_answered_before_the_connection_ends(served: Served) -> None:
    # given a request that takes its time, one after it, and then none
    held = b"GET /held HTTP/1.1\r\nHost: test\r\n\r\n"
    sending = asyncio.create_task(served.said(held + GET + b"nonsense\r\n\r\n" + GET))
    await served.begun.wait()
    # when it is done
    served.release.set()
    # then both are answered, and nobody could take a refusal for one of their answers
    assert statuses(await sending) == [200, 200]
    assert served.paths() == ["/held", "/one"]


@pytest.mark.parametrize(
    "sent",
    [
        [b"GET /one HTTP/1.1\r\nHost: test\r\nX-One: " + b"x" * LARGEST_HEAD + b"\r\n\r\n"],
        [b"GET /one HTTP/1.1\r\nHost: test\r\n" + b"X: y\r\n" * 3_000 + b"\r\n"],
        [b"GET /" + b"x" * LARGEST_HEAD + b" HTTP/1.1\r\nHost: test\r\n\r\n"],
        [b"GET /one HTTP/1.1\r\nHost: test\r\nX-One: ", *[b"x" * 1024] * 16],
        [b"GET /one HTTP/1.1\r\nHost: test\r\n", *[b"X: y\r\n" * 100] * 28],
        [b"GET /", *[b"x" * 1024] * 16],
        [b"x" * 2 * LARGEST_HEAD],
    ],
    ids=["header", "headers", "path", "a header that goes on", "headers that go on", "a path that goes on", "noise"],
)
async def test_a_head_that_is_too_large_is_refused(served: Served, sent: list[bytes]) -> None:
    # given a head of more than 16 KiB, at once or little by little
    # when
    said = await served.said(*sent)
    # then
    assert statuses(said) in ([431], [400])
    assert (statuses(said) == [400]) == (sent[0][:1] == b"x")
    assert served.asked == []


async def test_a_head_that_is_as_large_as_it_may_be_is_taken(served: Served) -> None:
    # given a head of exactly 16 KiB as it is counted: path, names, values, and four bytes a header
    counted = len(b"/last") + len(b"HostConnectiontestcloseX-One") + 3 * 4
    head = LAST[:-2] + b"X-One: " + b"x" * (LARGEST_HEAD - counted) + b"\r\n\r\n"
    # when it is sent, and one that is a byte larger
    # then
    assert statuses(await served.said(head)) == [200]
    assert statuses(await served.said(head.replace(b"xx", b"xxx", 1))) == [431]


@pytest.mark.parametrize("endless", [b"1;" + b"x" * 1024, b"0\r\nX-One: " + b"x" * 1024])
async def test_what_stands_around_a_body_is_bounded(served: Served, endless: bytes) -> None:
    # given a chunk whose description does not end, or a trailer that does not
    # when
    said = await served.said(CHUNKED, endless, *[b"x" * 1024] * 32)
    # then
    assert statuses(said) == [431]
    assert served.asked == []


async def test_requests_that_wait_on_a_connection_are_bounded(served: Served) -> None:
    # given far more requests at once than may wait
    held = b"GET /held HTTP/1.1\r\nHost: test\r\n\r\n"
    served.release.set()
    # when
    said = await served.said(held + GET * 1_000)
    # then those that may are answered, and the connection ends
    assert statuses(said) == [200] * (1 + MOST_WAITING)
    assert len(served.asked) == 1 + MOST_WAITING


async def test_a_head_that_is_only_begun_does_not_hold_the_connection(served: Served) -> None:
    # given a request that has been answered, and the beginning of another one
    said = await served.said(GET + b"POST /one HTTP/1.1\r\nHost: test\r\n")
    # when its head does not come
    # then the connection ends
    assert statuses(said) == [200, 408]
    assert served.paths() == ["/one"]


async def test_a_protocol_that_is_not_spoken_is_not_changed_to(served: Served) -> None:
    # given a request that offers to go on in HTTP/2
    offer = b"GET /one HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
    # when
    said = await served.said(offer + GET)
    # then it is answered as it is, and the connection ends: what follows is not read
    assert statuses(said) == [200]
    assert b"connection: close" in said
    assert served.paths() == ["/one"]


async def test_a_request_in_time_is_waited_for_again(served: Served) -> None:
    # given a connection on which a request takes longer than a head may
    reader, writer = await asyncio.open_connection(HOST, served.port)
    writer.write(b"GET /held HTTP/1.1\r\nHost: test\r\n\r\n")
    loop = asyncio.get_running_loop()
    loop.call_later(2 * SECONDS, served.release.set)
    # when it is answered
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    answered = loop.time()
    # then the next head has its whole time
    said = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert said.startswith(b"HTTP/1.1 408 ")
    assert loop.time() - answered >= SECONDS - 0.05
