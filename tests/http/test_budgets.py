"""The minute's budget: one for all processes, filling up evenly, and counted by each process while Redis is away."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from app.broker import connect
from app.budgets import AT_ONCE, LEASE_SECONDS, Budgets, Exhausted
from app.graph_observer import counting
from app.http.admission import STRANGERS
from app.ids import Ids
from app.local.ports import free_ports
from app.ports import SystemClock
from tests.clocks import HandClock
from tests.http.caller import Caller
from tests.platform import Platform


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the shared Redis."""
    async with connect(redis_url) as client:
        yield client


@pytest.fixture
def who() -> str:
    """Somebody whom no other test knows."""
    return "t " + Ids(SystemClock()).new()


async def spent(budgets: Budgets, who: str, cost: int) -> int:
    """How many requests of that cost are let through before one is refused."""
    count = 0
    try:
        while count < 100_000:
            await budgets.take(who, cost)
            count += 1
    except Exhausted:
        pass
    return count


async def test_a_budget_holds_over_all_processes(redis: Redis, who: str) -> None:
    # given two processes
    clock = HandClock()
    one, other = Budgets(redis, clock, minute=10_000), Budgets(redis, clock, minute=10_000)
    # when both spend as much as they can, in turn
    for _ in range(40):
        await one.take(who, 100)
        await other.take(who, 100)
    left = await spent(one, who, 100) + await spent(other, who, 100)
    # then together they spent the budget, and not more
    assert left == 20
    with pytest.raises(Exhausted):
        await other.take(who, 100)


async def test_it_fills_up_evenly_and_says_when_it_suffices(redis: Redis, who: str) -> None:
    # given a budget of 600 that is spent
    clock = HandClock()
    budgets = Budgets(redis, clock, minute=600)
    assert await spent(budgets, who, 100) == 6
    # when time passes
    with pytest.raises(Exhausted) as refused:
        await budgets.take(who, 100)
    clock.advance(refused.value.seconds - 0.5)
    with pytest.raises(Exhausted):
        await budgets.take(who, 100)
    clock.advance(0.6)
    # then it suffices when it was said to, and never holds more than a minute's worth
    assert refused.value.seconds == pytest.approx(10)
    assert await spent(budgets, who, 100) == 1
    clock.advance(3600)
    assert await spent(budgets, who, 100) == 6


async def test_small_requests_seldom_ask_redis(redis: Redis, who: str) -> None:
    # given a process that took a part of the budget out
    clock = HandClock()
    budgets = Budgets(redis, clock, minute=AT_ONCE * 1_000)
    await budgets.take(who, 1)
    # when it spends
    within = [budgets.spend(who, 1) for _ in range(999)]
    beyond = budgets.spend(who, 1)
    # then that part suffices for what it is, and does not outlast its time
    assert all(within)
    assert not beyond
    await budgets.take(who, 1)
    assert budgets.spend(who, 1)
    clock.advance(LEASE_SECONDS + 1)
    assert not budgets.spend(who, 1)


async def test_each_person_has_their_own(redis: Redis, who: str) -> None:
    # given somebody who spent everything
    budgets = Budgets(redis, HandClock(), minute=1_000)
    await spent(budgets, who, 500)
    # when somebody else asks
    # then they have a budget of their own
    assert await spent(budgets, who + " other", 500) == 2


async def test_without_redis_each_process_counts_by_itself(who: str) -> None:
    # given a Redis that does not answer
    clock = HandClock()
    async with connect(f"redis://127.0.0.1:{free_ports(1)[0]}/0") as gone:
        budgets = Budgets(gone, clock, minute=600)
        # when somebody spends as much as they can
        count = await spent(budgets, who, 100)
        clock.advance(10)
        again = await spent(budgets, who, 100)
    # then it is neither nothing nor without an end
    assert count == 6
    assert again == 1


async def test_a_spent_budget_is_told_with_when_to_come_back(platform: Platform, redis: Redis) -> None:
    # given a budget that suffices for two requests
    clock = HandClock()
    budgets = Budgets(redis, clock, minute=4)
    caller = Caller(platform, platform.actor, budgets=budgets)
    # when three are sent
    first, second = [await caller.ask("{ me { name } }") for _ in range(2)]
    with counting() as ran, capture_logs() as logs:
        third = await caller.ask("{ me { name } }", accept="application/json")
    clock.advance(31)
    fourth = await caller.ask("{ me { name } }")
    # then the third is refused, whatever form it asked for, and a later one answered
    assert (first.status_code, second.status_code, fourth.status_code) == (200, 200, 200)
    assert third.status_code == 429
    assert third.headers["retry-after"] == "31"
    [error] = third.json()["errors"]
    assert error["extensions"] == {"code": "RATE_LIMITED", "cost": 2, "budget": 4, "retryAfterSeconds": 31}
    assert ran == []
    # and that is logged with who it was
    [line] = logs
    assert line == {
        "event": "a minute's budget is spent",
        "log_level": "warning",
        "who": f"{platform.tenant} user:admin",
        "cost": 2,
        "budget": 4,
        "retry_after": 31,
    }


async def test_who_is_not_signed_in_has_a_small_budget(platform: Platform, redis: Redis, who: str) -> None:
    # given a stranger, and a budget of which signing in takes a part
    stranger = Caller(platform, None, budgets=Budgets(redis, HandClock(), minute=STRANGERS * 50_000), address=who)
    text = 'mutation { login(input: {name: "nobody", password: "wrong"}) { problems { code } } }'
    # when they try again and again
    statuses = [(await stranger.ask(text)).status_code for _ in range(4)]
    # then they are told to wait
    assert statuses[-1] == 429
    assert 200 in statuses
