"""Schedules that are due are deployed once for each time, whoever looks and however often; time is turned by hand."""

from __future__ import annotations

import asyncio

from app.domain import declared
from app.domain.schedules import Schedules
from tests.clocks import START, HandClock
from tests.platform import SHOP, Platform, service
from tests.runs.deploying import RecordingQueue

ID = "shop/boutique/schedules/hourly"


async def scheduled(platform: Platform, **values: str | bool) -> None:
    """A schedule for every full hour; START is one."""
    await platform.apply(*SHOP, service("redis"))
    await declared.create(
        platform.change(),
        "Schedule",
        name="hourly",
        parent_id="shop/boutique",
        values={
            "cron": "0 * * * *",
            "zone": "UTC",
            "catch_up": "none",
            "on_failure": "stop",
            "paused": False,
            "environment": "shop@dev",
            **values,
        },
        locate=lambda field: field,
        idempotency_key=None,
    )


def looking(platform: Platform, clock: HandClock) -> Schedules:
    """One worker's look at schedules."""
    return Schedules(platform.graph, platform.ids, platform.doorbell, RecordingQueue(), clock)


async def state(platform: Platform) -> tuple[str, str | None, int]:
    """When it is due next (hours after START), its last problem, and how many runs there are."""
    [row] = await platform.graph.define(
        f"MATCH (s:Schedule {{tenant: '{platform.tenant}'}}) "
        f"RETURN toString((s.next_at.epochMillis - {int(START.timestamp() * 1000)}) / 3600000.0) AS next, "
        f"s.last_problem AS problem, COUNT {{ MATCH (:Run {{tenant: '{platform.tenant}'}}) }} AS runs"
    )
    problem, runs = row["problem"], row["runs"]
    assert isinstance(runs, int)
    return str(row["next"]), None if problem is None else str(problem), runs


async def end_runs(platform: Platform) -> None:
    """Let every run have ended."""
    await platform.graph.define(f"MATCH (r:Run {{tenant: '{platform.tenant}'}}) SET r.state = 'failed'")


async def test_what_is_due_is_deployed_once_whoever_looks(platform: Platform) -> None:
    # given: nothing happens when a schedule is new
    await scheduled(platform)
    clock = HandClock()
    workers = [looking(platform, clock) for _ in range(3)]
    assert await workers[0].look(platform.tenant) == 1
    assert await state(platform) == ("1.0", None, 0)
    assert await workers[0].look(platform.tenant) == 0
    # when
    clock.advance(3600)
    looked = await asyncio.gather(*(worker.look(platform.tenant) for worker in workers))
    # then
    assert sum(looked) == 1
    assert await state(platform) == ("2.0", None, 1)
    fired = [one for one in await platform.events() if one["type"] == "schedule.fired"]
    assert [(one["subject"], one["actor"]) for one in fired] == [(ID, ID)]


async def test_a_worker_that_died_in_between_is_followed_by_one_that_finds_the_same_run(platform: Platform) -> None:
    # given: a worker that has deployed, and not written when it is due next
    await scheduled(platform)
    clock = HandClock()
    worker = looking(platform, clock)
    await worker.look(platform.tenant)
    clock.advance(3600)
    await worker.look(platform.tenant)
    await platform.graph.define(
        f"MATCH (s:Schedule {{tenant: '{platform.tenant}'}}) SET s.next_at = datetime('{clock.now().isoformat()}')"
    )
    # when
    await looking(platform, clock).look(platform.tenant)
    # then
    assert await state(platform) == ("2.0", None, 1)


async def test_times_that_passed_are_made_up_for_as_it_says(platform: Platform) -> None:
    # given: all of them are wanted
    await scheduled(platform, catch_up="all")
    clock = HandClock()
    worker = looking(platform, clock)
    await worker.look(platform.tenant)
    clock.advance(3.5 * 3600)
    # when the first is deployed, the second waits for its end
    await worker.look(platform.tenant)
    assert await state(platform) == ("2.0", None, 1)
    await worker.look(platform.tenant)
    refused = await state(platform)
    assert (refused[0], refused[2], "wait until it has ended" in str(refused[1])) == ("2.0", 1, True)
    await end_runs(platform)
    clock.advance(61)
    # then
    await worker.look(platform.tenant)
    assert await state(platform) == ("3.0", None, 2)


async def test_what_was_missed_is_left_out_and_told_and_a_paused_one_rests(platform: Platform) -> None:
    # given
    await scheduled(platform)
    clock = HandClock()
    worker = looking(platform, clock)
    await worker.look(platform.tenant)
    # when
    clock.advance(2.5 * 3600)
    await worker.look(platform.tenant)
    # then
    assert await state(platform) == ("3.0", "no worker was there in time", 0)
    # when
    await platform.graph.define(f"MATCH (s:Schedule {{tenant: '{platform.tenant}'}}) SET s.paused = true")
    clock.advance(3600)
    # then
    assert await worker.look(platform.tenant) == 0


async def test_another_time_counts_from_now(platform: Platform) -> None:
    # given
    await scheduled(platform)
    clock = HandClock()
    worker = looking(platform, clock)
    await worker.look(platform.tenant)
    # when
    await declared.update(
        platform.change(),
        "Schedule",
        id=ID,
        values={"cron": "30 * * * *"},
        expected_version=None,
        locate=lambda field: field,
        idempotency_key=None,
    )
    await worker.look(platform.tenant)
    # then
    assert await state(platform) == ("0.5", None, 0)
