"""How soon a connected client has an event after the change was committed."""

from __future__ import annotations

import time

import pytest

from tests.clocks import crowdedness
from tests.events.serving import EVENTS, serving
from tests.events.world import World, draft

pytestmark = pytest.mark.alone


async def test_a_connected_client_has_an_event_within_a_second_of_the_commit(world: World) -> None:
    # given
    async with world.running(), serving(world) as served, served.signed_in() as client:
        await client.subscribe(EVENTS, {"after": "0"})
        await world.write()
        await client.event()

        # when
        seconds, crowded = [], [1.0]
        for number in range(20):
            await world.write(draft(number), ring=False)
            committed = time.monotonic()
            await world.doorbell.ring(world.tenant)
            event = await client.event()
            seconds.append(time.monotonic() - committed)
            crowded.append(crowdedness())
            assert event["subject"] == f"shop/boutique/s{number}"

    # then, unless others keep the machine busy
    assert max(seconds) < 1.0 * max(crowded)


async def test_a_lost_ring_delays_an_event_by_no_more_than_the_poll(world: World) -> None:
    # given
    async with world.running(world.candidate("a", poll=0.5)), serving(world) as served, served.signed_in() as client:
        await client.subscribe(EVENTS, {"after": "0"})
        await world.write()
        await client.event()

        # when
        await world.write(ring=False)
        committed = time.monotonic()
        await client.event()

        # then
        assert time.monotonic() - committed < 1.5
