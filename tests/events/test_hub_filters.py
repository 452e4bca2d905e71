"""The hub with filters: the same for what was, what comes, and what the query of events answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.domain.event_filter import EventFilter
from app.domain.events import Category, EventDraft, Level
from tests.events.test_hub import listening, numbers, subscribed, take
from tests.events.world import World, draft, until

WANTED: list[tuple[EventFilter, Callable[[int], bool]]] = [
    (EventFilter(type_prefix="service."), lambda number: number % 2 == 0),
    (EventFilter(category=Category.RUN), lambda number: number % 2 == 1),
    (EventFilter(minimum_level=Level.WARNING), lambda number: number % 4 in (2, 3)),
    (EventFilter(subject="shop/boutique/s3"), lambda number: number == 3),
    (EventFilter(application_id="shop/boutique"), lambda number: number % 3 == 0),
    (EventFilter(environment_id="shop@production"), lambda number: number % 3 == 1),
    (EventFilter(correlation_id="r-2"), lambda number: number % 5 == 2),
    (EventFilter(text="S1 WAS"), lambda number: number == 1),
    (EventFilter(type_prefix="run.", correlation_id="r-2"), lambda number: number % 2 == 1 and number % 5 == 2),
    (EventFilter(type_prefix="no."), lambda number: False),
]


def varied(number: int) -> EventDraft:
    """An event of a kind of its own for each number, as WANTED expects it."""
    return replace(
        draft(number),
        type="run.started" if number % 2 else "service.created",
        category=Category.RUN if number % 2 else Category.GRAPH,
        level=tuple(Level)[number % 4],
        application_id="shop/boutique" if number % 3 == 0 else None,
        environment_id="shop@production" if number % 3 == 1 else None,
        correlation_id=f"r-{number % 5}",
    )


@pytest.mark.parametrize(("wanted", "expected"), WANTED)
async def test_a_filter_means_the_same_for_what_was_and_what_comes(
    world: World, wanted: EventFilter, expected: Callable[[int], bool]
) -> None:
    # given
    candidate = world.candidate("a")
    matching = [number for number in range(1, 41) if expected(number)]

    async def forty() -> None:
        await world.write(*(varied(number) for number in range(1, 41)), ring=False)
        batch = await candidate.number(world.tenant)
        assert batch is not None
        await candidate.publish(world.tenant, batch.events)

    await forty()

    # when
    async with (
        world.hub() as hub,
        subscribed(hub, world.tenant, 0, wanted) as items,
        subscribed(hub, world.tenant, 0) as everything,
    ):
        await take(everything, 40)
        was = await take(items, len(matching))
        following = asyncio.create_task(take(items, len(matching) + 1))
        await forty()
        await take(everything, 40)
        done, _ = await asyncio.wait({following}, timeout=0.1)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    async with world.hub() as hub, subscribed(hub, world.tenant, 0, wanted) as items:
        again = await take(items, 2 * len(matching))

    # then
    assert numbers(was) == matching
    assert done == set()
    assert numbers(again) == [*matching, *(40 + number for number in matching)]


async def test_a_filter_holds_for_what_comes_live(world: World) -> None:
    # given
    async with world.running(), world.hub() as hub:
        wanted = EventFilter(type_prefix="run.", correlation_id="r-2")
        async with subscribed(hub, world.tenant, None, wanted) as items:
            first = asyncio.create_task(take(items, 4))
            await until(lambda: listening(hub, world))

            # when
            await world.write(*(varied(number) for number in range(1, 41)))

            # then
            assert numbers(await first) == [7, 17, 27, 37]
