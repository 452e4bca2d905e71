"""The WebSocket /graphql: who may speak, what may be said, and how a connection ends."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from websockets.exceptions import InvalidStatus

from app.domain.access import Actor, Role
from app.domain.event_chain import GENESIS
from app.domain.events import EventDraft
from app.domain.sessions import Session, Tokens
from app.event_hub import TOO_SLOW
from app.http.sockets import SocketLimits
from tests.clocks import HandClock
from tests.events.serving import EVENTS, FRAME_LIMIT, KEY, Served, serving
from tests.events.world import World, draft, until

ME = "{ me { id name } }"


def long(number: int) -> EventDraft:
    """An event with so much in it, and nothing to compress, that a few fill what lies between server and client."""
    return replace(draft(number), data={"after": secrets.token_hex(15_000)})


async def subscribers(served: Served, count: int) -> bool:
    """Whether so many subscriptions are open."""
    return served.hub.subscribers() == count


async def test_a_client_gets_events_whole_and_resumes_where_it_left(world: World) -> None:
    # given
    async with world.running(), serving(world) as served:
        async with served.signed_in() as client:
            await client.subscribe(EVENTS, {"after": "0"})

            # when
            change_set = await world.write(draft(1), draft(2))
            first = [await client.event(), await client.event()]
        await world.write(draft(3))
        async with served.signed_in() as client:
            await client.subscribe(EVENTS, {"after": first[-1]["cursor"]})
            resumed = [await client.event()]
            await world.write(draft(4))
            resumed.append(await client.event())

    # then
    [event, *_] = await world.log()
    assert first[0] == {
        "__typename": "Event",
        "id": event.id,
        "seq": 1,
        "cursor": "1",
        "type": "service.created",
        "category": "GRAPH",
        "level": "INFO",
        "subject": "shop/boutique/s1",
        "subjectLabel": "Service",
        "subjectVersion": 1,
        "actor": "user:admin",
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "message": "service s1 was created",
        "correlationId": "request-1",
        "changeSet": change_set,
        "applicationId": "shop/boutique",
        "environmentId": None,
        "data": {"after": {"name": "s1"}},
        "hash": event.hash,
        "previousHash": GENESIS.hash,
    }
    assert [one["seq"] for one in first + resumed] == [1, 2, 3, 4]


async def test_a_filter_is_obeyed(world: World) -> None:
    # given
    async with world.running(), serving(world) as served, served.signed_in() as client:
        # when
        await client.subscribe(EVENTS, {"after": "0", "filter": {"subject": "shop/boutique/s2", "level": "INFO"}})
        await world.write(draft(1), draft(2), draft(3), draft(2))

        # then
        assert [(await client.event())["seq"], (await client.event())["seq"]] == [2, 4]


async def test_a_client_that_does_not_read_gets_a_gap_and_loses_nothing(world: World) -> None:
    # given
    async with world.running(), serving(world, queue=5) as served, served.signed_in(queue=1) as client:
        await client.subscribe(EVENTS, {"after": "0"})
        await world.write(draft(0))
        assert (await client.event())["seq"] == 1

        # when
        for number in range(100):
            await world.write(long(number))
        await world.reaches(101)
        got = [await client.event()]
        while got[-1]["__typename"] == "Event":
            got.append(await client.event())
        gap = got.pop()
        async with served.signed_in() as again:
            await again.subscribe(EVENTS, {"after": gap["cursor"]})
            rest = [(await again.event())["seq"] for _ in range(101 - int(str(gap["cursor"])))]

    # then
    assert gap["reason"] == TOO_SLOW
    assert gap["cursor"] == str(got[-1]["seq"])
    assert [one["seq"] for one in got] + rest == list(range(2, 102))


async def test_an_abrupt_disconnect_leaves_nothing_behind(world: World) -> None:
    # given
    async with world.running(), serving(world) as served:
        async with served.signed_in() as client:
            for number in range(5):
                await client.subscribe(EVENTS, {"after": "0"}, id_=str(number))
            await until(lambda: subscribers(served, 5))

            # when
            client.connection.transport.abort()
            await until(lambda: subscribers(served, 0))

        # then
        assert served.hub.subscribers() == 0
        await until(lambda: nobody(served))


async def nobody(served: Served) -> bool:
    """Whether no socket is counted any more."""
    return not served.endpoint.sockets


async def test_complete_ends_a_subscription_and_frees_its_id(world: World) -> None:
    # given
    async with world.running(), serving(world) as served, served.signed_in() as client:
        await client.subscribe(EVENTS, {"after": "0"})
        await world.write()
        await client.event()

        # when
        await client.send({"id": "1", "type": "complete"})
        await until(lambda: subscribers(served, 0))
        await client.subscribe(EVENTS, {"after": "0"})

        # then
        assert (await client.event())["seq"] == 1


async def test_queries_and_mutations_are_carried_out_as_who_signed_in(world: World) -> None:
    # given
    async with serving(world) as served, served.signed_in() as client:
        # when
        await client.subscribe("{ events(first: 1) { nodes { seq } } }", id_="q")
        answer, end = await client.receive(), await client.receive()

    # then
    assert answer == {"id": "q", "type": "next", "payload": {"data": {"events": {"nodes": []}}}}
    assert end == {"id": "q", "type": "complete"}


async def test_every_operation_has_a_context_of_its_own(world: World) -> None:
    # given
    async with serving(world) as served, served.signed_in() as client:
        made: list[tuple[str, str]] = []
        make = served.endpoint.context

        def remembering(actor: Actor, request_id: str) -> object:
            made.append((actor.id, request_id))
            return make(actor, request_id)

        served.endpoint.context = remembering

        # when
        for id_ in ("a", "b"):
            await client.subscribe("{ events(first: 1) { nodes { seq } } }", id_=id_)
            await client.receive()
            await client.receive()

    # then
    assert [who for who, _ in made] == ["user:admin", "user:admin"]
    assert len({request_id for _, request_id in made}) == 2


@pytest.mark.parametrize(
    ("query", "variables", "said"),
    [
        ("{", None, "Syntax Error"),
        ("{ nothing }", None, "Cannot query field 'nothing' on type 'Query'."),
        ("query A { __typename } query B { __typename }", None, "has several operations"),
        ("{ a: __typename " + "".join(f"b{n}: __typename " for n in range(40)) + "}", None, "aliases, at most"),
        (EVENTS, {"filter": {"category": "NONE"}}, "NONE"),
        (EVENTS, {"after": 5}, "String cannot represent a non string value"),
    ],
)
async def test_a_wrong_operation_is_answered_and_the_socket_lives(
    world: World, query: str, variables: dict[str, object] | None, said: str
) -> None:
    # given
    async with serving(world) as served, served.signed_in() as client:
        # when
        await client.subscribe(query, variables)
        refused = await client.receive()
        await client.send({"type": "ping"})
        alive = await client.receive()

    # then
    assert (refused["type"], refused["id"]) == ("error", "1")
    assert said in str(refused["payload"])
    assert alive == {"type": "pong"}


@pytest.mark.parametrize("after", ["yesterday", "-1", "", "9" * 30, "٣"])
async def test_a_cursor_that_is_none_is_refused(world: World, after: str) -> None:
    # given
    async with serving(world) as served, served.signed_in() as client:
        # when
        await client.subscribe(EVENTS, {"after": after})
        refused, end = await client.receive(), await client.receive()

    # then
    message = "a cursor is the number of an event, such as 42; 0 is the beginning"
    errors = [{"message": message, "extensions": {"code": "INVALID_INPUT", "field": "after"}}]
    assert refused["type"] == "next"
    assert refused["payload"] == {"data": None, "errors": errors}
    assert end == {"id": "1", "type": "complete"}
    assert served.hub.subscribers() == 0


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


async def test_an_expired_token_is_refused(world: World) -> None:
    # given
    hour = HandClock(datetime.now(UTC) - timedelta(hours=2))
    async with serving(world) as served, served.open() as client:
        old = Tokens(KEY, clock=hour, lifetime=timedelta(hours=1)).issue(served.actor).token

        # when
        await client.send({"type": "connection_init", "payload": {"authorization": f"Bearer {old}"}})

        # then
        assert (await client.closed())[0] == 4403


async def test_a_token_that_expires_ends_the_open_socket(world: World) -> None:
    # given
    clock = HandClock(datetime.now(UTC))
    async with world.running(), serving(world, clock=clock) as served, served.signed_in() as client:
        await client.subscribe(EVENTS, {"after": "0"})
        await world.write()
        await client.event()

        # when
        clock.advance(3599)
        await client.send({"type": "ping"})
        alive = await client.receive()
        clock.advance(2)
        code, reason = await client.closed()
        await until(lambda: subscribers(served, 0))

    # then
    assert alive == {"type": "pong"}
    assert code == 4403
    assert "the token expired at" in reason


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


async def test_operations_at_once_are_bounded(world: World) -> None:
    # given
    limits = SocketLimits(operations=3)
    async with world.running(), serving(world, limits=limits) as served, served.signed_in() as client:
        for number in range(3):
            await client.subscribe(EVENTS, id_=str(number))
        await until(lambda: subscribers(served, 3))

        # when
        await client.subscribe(EVENTS, id_="one too many")
        refused = await client.receive()
        await client.send({"id": "0", "type": "complete"})
        await until(lambda: subscribers(served, 2))
        await client.subscribe(EVENTS, id_="now")
        await until(lambda: subscribers(served, 3))

    # then
    assert (refused["type"], refused["id"]) == ("error", "one too many")
    assert "at most 3 operations" in str(refused["payload"])


async def test_sockets_at_once_are_bounded_for_each_person(world: World) -> None:
    # given
    async with serving(world, limits=SocketLimits(sockets=1)) as served:
        other = served.tokens.issue(Actor("user:other", world.tenant, "other", Role.VIEWER)).token
        async with served.signed_in(), served.signed_in(token=other), served.open() as client:
            # when
            await client.send({"type": "connection_init", "payload": {"authorization": f"Bearer {served.token()}"}})
            code, _ = await client.closed()
        await until(lambda: nobody(served))
        async with served.signed_in():
            again = dict(served.endpoint.sockets)

    # then
    assert code == 4429
    assert again == {(world.tenant, "user:admin"): 1}


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
    assert connected == {(world.tenant, "user:admin"): 1}


async def test_a_client_that_never_reads_is_let_go(world: World) -> None:
    # given
    limits = SocketLimits(send=0.3, close=0.3)
    async with world.running(), serving(world, limits=limits) as served, served.signed_in(queue=1) as client:
        await client.subscribe(EVENTS, {"after": "0"})
        await until(lambda: subscribers(served, 1))

        # when
        await world.write(*(long(number) for number in range(100)))
        await until(lambda: subscribers(served, 0))

        # then
        assert served.hub.subscribers() == 0
