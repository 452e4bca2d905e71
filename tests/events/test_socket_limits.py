"""What a socket may cost and how long it lasts: bounds, budgets, and tokens that end while it is open."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

from app.budgets import Budgets
from app.domain.access import Actor, Role
from app.domain.sessions import Session, Tokens
from app.errors import Unauthenticated
from app.graph_failures import GraphUnavailable
from app.http.admission import Rules
from app.http.sockets import SocketLimits
from app.trusted import Mode, Trusted, digest
from tests.clocks import HandClock
from tests.events.serving import EVENTS, KEY, Served, serving
from tests.events.world import World, draft, until

TEAMS = "{ teams(first: 1) { nodes { id } } }"


async def subscribers(served: Served, count: int) -> bool:
    """Whether so many subscriptions are open."""
    return served.hub.subscribers() == count


async def nobody(served: Served) -> bool:
    """Whether no socket is counted any more."""
    return not served.endpoint.sockets


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


async def test_each_message_of_a_subscription_is_paid_for(world: World) -> None:
    # given somebody whose budget suffices to subscribe and for two messages more, of which each shows one value
    asked = 'subscription { events(after: "0") { ... on Event { seq } } }'
    budgets = Budgets(world.redis, HandClock(), minute=501 + 2)
    async with world.running(), serving(world, budgets=budgets) as served, served.signed_in() as client:
        for number in range(3):
            await world.write(draft(number))
        # when three messages are due
        await client.subscribe(asked)
        first, second, third = [await client.receive() for _ in range(3)]
        await until(lambda: subscribers(served, 0))
    # then the subscription ends instead of the third
    assert [each["type"] for each in (first, second, third)] == ["next", "next", "error"]
    [error] = cast("list[dict[str, dict[str, object]]]", third["payload"])
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["cost"] == 1


async def test_operations_at_once_are_bounded(world: World) -> None:
    # given
    limits = SocketLimits(operations=3)
    async with world.running(), serving(world, limits=limits) as served, served.signed_in() as client:
        for number in range(3):
            await client.subscribe(EVENTS, id_=str(number))
        await until(lambda: subscribers(served, 3))

        # when
        with capture_logs() as logs:
            await client.subscribe(EVENTS, id_="one too many")
            refused = await client.receive()
        await client.send({"id": "0", "type": "complete"})
        await until(lambda: subscribers(served, 2))
        await client.subscribe(EVENTS, id_="now")
        await until(lambda: subscribers(served, 3))

    # then
    assert (refused["type"], refused["id"]) == ("error", "one too many")
    assert "at most 3 operations" in str(refused["payload"])
    assert [one["most"] for one in logs if one["event"] == "socket.too_many_operations"] == [3]


async def test_sockets_at_once_are_bounded_for_each_person(world: World) -> None:
    # given
    async with serving(world, limits=SocketLimits(sockets=1)) as served:
        other = served.tokens.issue(Actor("user:other", world.tenant, "other", Role.VIEWER)).token
        async with served.signed_in(), served.signed_in(token=other), served.open() as client:
            # when
            with capture_logs() as logs:
                await client.send({"type": "connection_init", "payload": {"authorization": f"Bearer {served.token()}"}})
                code, _ = await client.closed()
        await until(lambda: nobody(served))
        async with served.signed_in():
            again = dict(served.endpoint.sockets)

    # then
    assert code == 4429
    assert [(one["who"], one["most"]) for one in logs if one["event"] == "socket.too_many"] == [("user:admin", 1)]
    assert again == {(world.tenant, "user:admin"): 1, (world.tenant,): 1}


async def test_sockets_at_once_are_bounded_for_each_tenant(world: World) -> None:
    # given
    async with serving(world, limits=SocketLimits(tenant=1)) as served:
        other = served.tokens.issue(Actor("user:other", world.tenant, "other", Role.VIEWER)).token
        async with served.signed_in(), served.open() as client:
            # when
            await client.send({"type": "connection_init", "payload": {"authorization": f"Bearer {other}"}})

            # then
            assert await client.closed() == (4429, "Too many sockets: at most 1 at once")


async def test_sockets_at_once_are_bounded_for_each_address(world: World) -> None:
    # given a socket that has not said who it is
    async with serving(world, limits=SocketLimits(address=1)) as served:
        async with served.open():
            # when
            with pytest.raises(InvalidStatus) as refusal, capture_logs() as logs:
                async with served.open():
                    pass
        # then it is refused, which is logged, and another may follow once the first is gone
        assert refusal.value.response.status_code == 429
        assert [(one["event"], one["address"]) for one in logs] == [("socket.too_many_from_address", "127.0.0.1")]
        await until_connected(served)


async def rechecks(clock: HandClock) -> bool:
    """Whether the next look at a token is awaited."""
    return clock.sleeping(15) == 1


async def times(left: list[Exception | None], count: int) -> bool:
    """Whether so many answers are left."""
    return len(left) == count


async def until_connected(served: Served) -> None:
    """Return once a socket is taken."""
    async with asyncio.timeout(5):
        while True:
            try:
                async with served.signed_in():
                    return
            except InvalidStatus:
                await asyncio.sleep(0.01)


async def test_a_revoked_token_ends_the_open_socket(world: World) -> None:
    # given somebody whose token is good at first, and a graph that once cannot be asked
    clock = HandClock(datetime.now(UTC))
    answers: list[Exception | None] = [None, GraphUnavailable("down"), None, Unauthenticated("the token was revoked")]

    def changing(token: str) -> Session:
        found = answers.pop(0)
        if found is not None:
            raise found
        actor = Actor("user:admin", world.tenant, "admin", Role.ADMIN)
        return Session(actor, datetime.now(UTC) + timedelta(hours=1))

    async with serving(world, clock=clock, authenticate=changing) as served, served.open() as client:
        await client.initialise("token")
        # when time passes
        for turn in range(2, 4):
            await until(partial(rechecks, clock))
            clock.advance(15)
            await until(partial(times, answers, 4 - turn))
            await client.send({"type": "ping"})
            assert await client.receive() == {"type": "pong"}
        await until(partial(rechecks, clock))
        clock.advance(15)
        # then it stays while nothing else is known, and ends once the token is revoked
        assert await client.closed() == (4403, "Forbidden: the token was revoked")


async def test_cost_and_trust_hold_on_the_socket(world: World) -> None:
    # given
    rules = Rules(request=1_000)
    trusted = Trusted(Mode.REQUIRE, {digest(TEAMS): TEAMS})
    dear = "{ services(first: 100) { nodes { dependencies(first: 100) { nodes { id } } } } }"
    async with serving(world, rules=rules, trusted=trusted) as served, served.signed_in() as client:
        viewer = served.tokens.issue(Actor("user:admin", world.tenant, "admin", Role.VIEWER)).token
        # when
        await client.subscribe(dear)
        too_dear = await client.receive()
        async with served.signed_in(token=viewer) as other:
            await other.subscribe(dear)
            untrusted = await other.receive()
            named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(TEAMS)}, "cost": True}}
            await other.send({"id": "2", "type": "subscribe", "payload": named})
            answer = await other.receive()

    # then
    [error] = cast("list[dict[str, dict[str, object]]]", too_dear["payload"])
    assert error["extensions"]["code"] == "COST_EXCEEDED"
    assert error["extensions"]["path"] == ["services", "nodes", "dependencies", "nodes", "id"]
    [error] = cast("list[dict[str, dict[str, object]]]", untrusted["payload"])
    assert error["extensions"] == {"code": "UNTRUSTED_DOCUMENT"}
    payload = cast("dict[str, dict[str, object]]", answer["payload"])
    assert payload["data"] == {"teams": {"nodes": []}}
    assert payload["extensions"] == {"cost": {"cost": 4, "budget": 1_000, "path": ["teams", "nodes", "id"]}}
