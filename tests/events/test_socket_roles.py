"""A role that changed while a socket is open holds for what is asked of it from then on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from app.domain.access import Actor, Role
from app.domain.sessions import Session
from tests.clocks import HandClock
from tests.events.serving import serving
from tests.events.world import World, until

SCHEMA = "{ __schema { queryType { name } } }"


async def rechecks(clock: HandClock) -> bool:
    """Whether the next look at the token is awaited."""
    return clock.sleeping(15) == 1


async def test_a_role_that_was_taken_away_is_gone_from_the_open_socket(world: World) -> None:
    # given a developer, who may introspect the schema, and becomes a viewer, who may not
    clock = HandClock(datetime.now(UTC))
    roles = [Role.DEVELOPER, Role.VIEWER]

    def changing(token: str) -> Session:
        actor = Actor("user:admin", world.tenant, "admin", roles.pop(0))
        return Session(actor, datetime.now(UTC) + timedelta(hours=1))

    async def looked() -> bool:
        return not roles and await rechecks(clock)

    async with serving(world, clock=clock, authenticate=changing) as served, served.open() as client:
        await client.initialise("token")
        await client.subscribe(SCHEMA, id_="before")
        before = [await client.receive(), await client.receive()]
        # when the token is looked at again
        await until(partial(rechecks, clock))
        clock.advance(15)
        await until(looked)
        await client.subscribe(SCHEMA, id_="after")
        after = await client.receive()
    # then
    assert before[0]["payload"] == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
    assert before[1] == {"id": "before", "type": "complete"}
    assert (after["id"], after["type"]) == ("after", "error")
    assert after["payload"] == [
        {"message": "admin (viewer) may not introspect the schema", "extensions": {"code": "FORBIDDEN"}}
    ]

    # and the socket is counted off for the person it was counted for
    async def nobody() -> bool:
        return not served.endpoint.sockets

    await until(nobody)
