"""The WebSocket /graphql: who may speak, what may be said, and how a connection ends."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from app.domain.event_chain import GENESIS
from app.domain.events import EventDraft
from app.event_hub import TOO_SLOW
from app.http.sockets import SocketLimits
from tests.events.serving import EVENTS, Served, serving
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


async def test_an_event_leads_to_what_it_is_about(world: World) -> None:
    # given one service that is there, and one that is not
    query = """subscription { events(after: "0") { ... on Event {
      seq about { __typename id ... on Service { name application { id } } } } } }"""
    await world.graph.define(
        f"CREATE (:Service:Entity {{tenant: '{world.tenant}', id: 'shop/boutique/s1', name: 's1', version: 1}})"
        f"<-[:HAS_SERVICE]-(:Application:Entity {{tenant: '{world.tenant}', id: 'shop/boutique', version: 1}})"
    )
    async with world.running(), serving(world) as served, served.signed_in() as client:
        # when
        await client.subscribe(query)
        await world.write(draft(1), draft(2))

        # then what is there is read as the subscription asks for it, and the other is null
        about = {
            "__typename": "Service",
            "id": "shop/boutique/s1",
            "name": "s1",
            "application": {"id": "shop/boutique"},
        }
        assert [await client.event(), await client.event()] == [{"seq": 1, "about": about}, {"seq": 2, "about": None}]


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
        # when
        for id_ in ("a", "b"):
            await client.subscribe("{ graph(first: 1) { truncated } }", id_=id_)
            await client.receive()
            await client.receive()

    # then
    assert [who for who, _ in served.contexts] == ["user:admin", "user:admin"]
    assert len({request_id for _, request_id in served.contexts}) == 2


@pytest.mark.parametrize(
    ("query", "variables", "said"),
    [
        ("{", None, "Syntax Error"),
        ("{ nothing }", None, "Cannot query field 'nothing' on type 'Query'."),
        ("query A { __typename } query B { __typename }", None, "has several operations"),
        ("{ a: __typename " + "".join(f"b{n}: __typename " for n in range(40)) + "}", None, "more than 30 aliases"),
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
