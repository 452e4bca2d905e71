"""Sockets that are refused or ended, each with the code that says why."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from websockets.exceptions import InvalidStatus

from app.domain.sessions import Session
from app.http.sockets import SocketLimits
from tests.clocks import HandClock
from tests.events.serving import EVENTS, FRAME_LIMIT, serving
from tests.events.test_sockets import ME, subscribers
from tests.events.world import World, until


@pytest.mark.parametrize(
    "frame",
    [
        "[]",
        '"x"',
        "1",
        "null",
        "{",
        "",
        "[" * 200_000,
        "{}",
        '{"type": 5}',
        '{"type": ["subscribe"]}',
        '{"type": "start"}',
        '{"type": "subscribe", "payload": {"query": "{ me { id } }"}}',
        '{"type": "subscribe", "id": [], "payload": {"query": "{ me { id } }"}}',
        '{"type": "subscribe", "id": {}, "payload": {"query": "{ me { id } }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ me { id } }"}}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": []}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": null}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }", "operationName": 5}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }", "extensions": 5}}',
        '{"type": "complete"}',
        '{"type": "complete", "id": null}',
        '{"type": "ping", "payload": 5}',
        '{"type": "connection_init", "payload": []}',
        b'{"type": "ping"}',
        b"\xff\xfe",
    ],
)
async def test_a_malformed_frame_ends_the_socket_with_4400(
    world: World, caplog: pytest.LogCaptureFixture, frame: str | bytes
) -> None:
    # given
    async with serving(world) as served, served.signed_in() as client:
        # when
        await client.send(frame)
        code, _ = await client.closed()

    # then
    assert code == 4400
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_frame_above_the_limit_is_refused(world: World) -> None:
    # given
    async with serving(world) as served, served.signed_in() as client:
        # when
        await client.send('{"type": "ping", "payload": {"x": "' + "x" * FRAME_LIMIT + '"}}')
        code, _ = await client.closed()

    # then
    assert code == 1009


@pytest.mark.parametrize(
    "message",
    [
        {"type": "connection_init"},
        {"type": "connection_init", "payload": None},
        {"type": "connection_init", "payload": {}},
        {"type": "connection_init", "payload": {"authorization": ""}},
        {"type": "connection_init", "payload": {"authorization": "Bearer"}},
        {"type": "connection_init", "payload": {"authorization": "Bearer nonsense"}},
        {"type": "connection_init", "payload": {"authorization": "Basic YWRtaW46YWRtaW4="}},
        {"type": "connection_init", "payload": {"authorization": ["Bearer x"]}},
    ],
)
async def test_without_a_good_token_the_socket_ends_with_4403(world: World, message: dict[str, object]) -> None:
    # given
    async with serving(world) as served, served.open() as client:
        # when
        await client.send(message)
        code, reason = await client.closed()

    # then
    assert code == 4403
    assert reason.startswith("Forbidden: ")
    assert not served.endpoint.sockets


async def test_the_token_may_come_in_the_header(world: World) -> None:
    # given
    async with (
        serving(world) as served,
        served.open(headers={"authorization": f"Bearer {served.token()}"}) as client,
    ):
        # when
        await client.send({"type": "connection_init"})

        # then
        assert await client.receive() == {"type": "connection_ack"}


async def test_an_authentication_that_hangs_ends_the_socket(world: World) -> None:
    # given
    async def hanging(token: str) -> Session:
        await asyncio.Event().wait()
        raise AssertionError(token)

    limits = SocketLimits(authenticate=0.1)
    async with serving(world, limits=limits, authenticate=hanging) as served, served.open() as client:
        # when
        await client.send({"type": "connection_init", "payload": {"authorization": "Bearer x"}})

        # then
        assert await client.closed() == (4500, "Internal server error")


async def test_an_authentication_that_breaks_says_nothing_about_why(world: World) -> None:
    # given
    def broken(token: str) -> Session:
        raise OSError("canary-in-the-message")

    async with serving(world, authenticate=broken) as served, served.open() as client:
        # when
        await client.send({"type": "connection_init", "payload": {"authorization": "Bearer x"}})

        # then
        assert await client.closed() == (4500, "Internal server error")


async def test_who_says_nothing_is_disconnected_with_4408(world: World) -> None:
    # given
    clock = HandClock(datetime.now(UTC))
    async with serving(world, clock=clock) as served, served.open() as client:
        await client.send({"type": "ping"})
        assert await client.receive() == {"type": "pong"}

        # when
        clock.advance(10)

        # then
        assert (await client.closed())[0] == 4408


@pytest.mark.parametrize("protocols", [("graphql-ws",), ("chat",), ()])
async def test_another_protocol_is_refused_with_4406(world: World, protocols: tuple[str, ...]) -> None:
    # given
    async with serving(world) as served, served.open(protocols=protocols) as client:
        # when
        code, _ = await client.closed()

    # then
    assert code == 4406


async def test_an_operation_before_the_acknowledgement_ends_the_socket_with_4401(world: World) -> None:
    # given
    async with serving(world) as served, served.open() as client:
        # when
        await client.subscribe(ME)

        # then
        assert (await client.closed())[0] == 4401


async def test_a_second_initialisation_ends_the_socket_with_4429(world: World) -> None:
    # given
    async with serving(world) as served, served.signed_in() as client:
        # when
        await client.send({"type": "connection_init", "payload": {}})

        # then
        assert (await client.closed())[0] == 4429


async def test_an_id_in_use_ends_the_socket_with_4409(world: World) -> None:
    # given
    long_id = "ä" * 128
    async with serving(world) as served, served.signed_in() as client:
        await client.subscribe(EVENTS, id_=long_id)
        await until(lambda: subscribers(served, 1))

        # when
        await client.subscribe(EVENTS, id_=long_id)
        code, reason = await client.closed()
        await until(lambda: subscribers(served, 0))

    # then
    assert code == 4409
    assert len(reason.encode()) <= 123


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://console.example.evil.example"])
async def test_a_page_of_another_origin_is_refused(world: World, origin: str) -> None:
    # given
    async with serving(world) as served:
        # when
        with pytest.raises(InvalidStatus) as refusal:
            async with served.open(origin=origin):
                raise AssertionError("the socket was opened")

    # then
    assert refusal.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["https://console.example", "HTTPS://Console.example:443", "own"])
async def test_a_page_of_an_allowed_origin_may_connect(world: World, origin: str) -> None:
    # given
    async with serving(world) as served:
        own = served.url.replace("ws://", "http://").removesuffix("/graphql")

        # when
        async with served.open(origin=own if origin == "own" else origin) as client:
            await client.initialise(served.token())
            connected = dict(served.endpoint.sockets)

    # then
    assert connected == {(world.tenant, "user:admin"): 1, (world.tenant,): 1}
