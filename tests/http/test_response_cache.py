"""Large answers are kept until something changes, for whoever asked, and no longer."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from app.broker import connect
from app.domain.access import Actor, Role
from app.graph_observer import counting
from app.ports import SystemClock
from app.response_cache import LONGEST_KEPT_SECONDS, ResponseCache
from app.sequencer import Sequencer
from tests.clocks import HandClock
from tests.http.caller import Caller
from tests.platform import Platform, application, project, service

LARGE = "{ applications(first: 50) { nodes { id description services(first: 100) { nodes { id name kind } } } } }"
SMALL = "{ applications(first: 1) { nodes { id } } }"
REVISION = "events/read_revision"


class Asked:
    """How often answers were looked for and found."""

    def __init__(self) -> None:
        self.hits: list[bool] = []

    def response_cache_asked(self, *, hit: bool) -> None:
        """Note it."""
        self.hits.append(hit)


@pytest.fixture
async def sequencer(platform: Platform, redis_url: str) -> AsyncIterator[Sequencer]:
    """Numbers the tenant's events when told to."""
    async with connect(redis_url) as redis:
        yield Sequencer(platform.graph, redis, SystemClock(), owner="test", tenants=[platform.tenant])


async def number_all(sequencer: Sequencer, tenant: str) -> None:
    """Until no event waits."""
    while True:
        batch = await sequencer.number(tenant)
        if batch is None or not batch.more:
            return


def actor(platform: Platform, role: Role = Role.VIEWER, id: str = "user:viewer") -> Actor:
    """Somebody of the tenant."""
    return Actor(id=id, tenant=platform.tenant, name=id.partition(":")[2], role=role)


async def test_what_has_not_changed_is_not_read_again(platform: Platform, sequencer: Sequencer) -> None:
    # given a large query that was asked twice, while nothing waits for its number
    await platform.apply(project(), application(), service("cart"))
    await number_all(sequencer, platform.tenant)
    asked = Asked()
    responses = ResponseCache(platform.graph, SystemClock(), megabytes=1, watcher=asked)
    caller = Caller(platform, actor(platform), responses=responses)
    with counting() as first:
        answer = await caller.ask(LARGE)
    with counting() as second:
        again = await caller.ask(LARGE)
    # when it is asked once more
    with counting() as third:
        kept = await caller.ask(LARGE)
    # then the graph is asked only whether anything has changed, and the answer is the same, byte for byte
    assert (len(first), len(second), third) == (1, 2, [REVISION])
    assert second[0] == REVISION
    assert answer.content == again.content == kept.content
    assert [each["id"] for each in answer.json()["data"]["applications"]["nodes"]] == ["shop/boutique"]
    assert asked.hits == [False, True]


async def test_a_change_is_seen_at_once(platform: Platform, sequencer: Sequencer) -> None:
    # given an answer that is kept
    await platform.apply(project(), application(), service("cart"))
    await number_all(sequencer, platform.tenant)
    caller = Caller(platform, actor(platform), responses=ResponseCache(platform.graph, SystemClock(), megabytes=1))
    for _ in range(3):
        await caller.ask(LARGE)
    # when something is added, and its event has no number yet; and once it has
    await platform.apply(project(), application(), service("cart"), service("redis"))
    pending = await caller.ask(LARGE)
    await number_all(sequencer, platform.tenant)
    numbered = await caller.ask(LARGE)
    # then both answers have it
    for answer in (pending, numbered):
        [only] = answer.json()["data"]["applications"]["nodes"]
        assert [each["name"] for each in only["services"]["nodes"]] == ["cart", "redis"]


async def test_whatever_happens_in_between_an_answer_is_the_present_one(
    platform: Platform, sequencer: Sequencer
) -> None:
    # given somebody whose answers are kept, and somebody whose answers are not
    await platform.apply(project(), application())
    asked = Asked()
    kept = Caller(
        platform,
        actor(platform),
        responses=ResponseCache(platform.graph, SystemClock(), megabytes=1, watcher=asked),
    )
    fresh = Caller(platform, actor(platform))
    chance, names = random.Random(11), iter(range(1000))
    # when changes, numbering and questions come in any order
    for _ in range(60):
        match chance.choice(["change", "number", "ask", "ask", "ask"]):
            case "change":
                await platform.apply(project(), application(), service(f"s{next(names)}"))
            case "number":
                await number_all(sequencer, platform.tenant)
            case _:
                # then both are always told the same
                assert (await kept.ask(LARGE)).content == (await fresh.ask(LARGE)).content
    assert (True in asked.hits, False in asked.hits) == (True, True)


async def test_an_answer_is_for_who_asked_it_and_as_asked(platform: Platform, sequencer: Sequencer) -> None:
    # given a query with a variable, asked twice by one person
    await platform.apply(project(), application(), service("cart"))
    await number_all(sequencer, platform.tenant)
    asked = Asked()
    responses = ResponseCache(platform.graph, SystemClock(), megabytes=1, watcher=asked)
    query = "query Q($first: Int) " + LARGE.replace("50", "$first")
    first = Caller(platform, actor(platform), responses=responses)
    for _ in range(3):
        await first.ask(query, {"first": 50})
    assert asked.hits == [False, True]
    # when it is asked with another value, by another person, and by the same person with another role
    await first.ask(query, {"first": 49})
    await Caller(platform, actor(platform, id="user:other"), responses=responses).ask(query, {"first": 50})
    await Caller(platform, actor(platform, Role.DEVELOPER), responses=responses).ask(query, {"first": 50})
    # then none of them was even looked for: each is a new question
    assert asked.hits == [False, True]
    assert responses.held == 1


async def test_small_answers_and_answers_with_errors_are_not_kept(platform: Platform, sequencer: Sequencer) -> None:
    # given a small query, and a large one for something that is not there
    await platform.apply(project(), application(), service("cart"))
    await number_all(sequencer, platform.tenant)
    responses = ResponseCache(platform.graph, SystemClock(), megabytes=1)
    caller = Caller(platform, actor(platform), responses=responses)
    absent = LARGE.replace("{", '{ service(id: "no") { id }', 1)
    # when they are asked again and again
    for _ in range(4):
        small, missing = await caller.ask(SMALL), await caller.ask(absent)
    # then they are answered, and nothing is kept
    assert small.json()["data"]["applications"]["nodes"] == [{"id": "shop/boutique"}]
    assert [each["extensions"]["code"] for each in missing.json()["errors"]] == ["NOT_FOUND"]
    assert missing.json()["data"]["service"] is None
    assert responses.held == 0


@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param("decisions(first: 5) { nodes { id } }", id="decisions, which are a log themselves"),
        pytest.param("runs(first: 5) { nodes { state } }", id="runs, which count what their workers report"),
        pytest.param('node(id: "shop") { ... on Run { state } }', id="what may be a run"),
        pytest.param("deployments(first: 5) { nodes { observedAt } }", id="when a target was looked at"),
        pytest.param(
            "environments(first: 5, where: {observedAt: {isNull: true}}) { nodes { id } }", id="what was looked at"
        ),
        pytest.param("schedules(first: 5) { nodes { nextAt } }", id="when a schedule is due"),
    ],
)
async def test_what_changes_without_events_is_not_kept(platform: Platform, sequencer: Sequencer, quiet: str) -> None:
    # given a large query that also asks for that
    await platform.apply(project(), application(), service("cart"))
    await number_all(sequencer, platform.tenant)
    responses = ResponseCache(platform.graph, SystemClock(), megabytes=1)
    caller = Caller(platform, actor(platform), responses=responses)
    query = LARGE.replace("{", f"{{ {quiet}", 1)
    # when it is asked again and again
    for _ in range(3):
        answer = await caller.ask(query)
    # then it is answered, and not kept
    assert "errors" not in answer.json()
    assert responses.held == 0


async def test_an_answer_is_read_anew_after_a_while(platform: Platform, sequencer: Sequencer) -> None:
    # given an answer that is kept
    await platform.apply(project(), application(), service("cart"))
    await number_all(sequencer, platform.tenant)
    clock, asked = HandClock(), Asked()
    responses = ResponseCache(platform.graph, clock, megabytes=1, watcher=asked)
    caller = Caller(platform, actor(platform), responses=responses)
    for _ in range(2):
        await caller.ask(LARGE)
    # when time passes
    clock.advance(LONGEST_KEPT_SECONDS - 1)
    await caller.ask(LARGE)
    clock.advance(1)
    await caller.ask(LARGE)
    # then it served until then
    assert asked.hits == [False, True, False]


async def test_what_is_kept_stays_within_its_memory(platform: Platform, sequencer: Sequencer) -> None:
    # given room for one megabyte
    await platform.apply(project(), application(), *(service(f"s{number}") for number in range(60)))
    await number_all(sequencer, platform.tenant)
    responses = ResponseCache(platform.graph, SystemClock(), megabytes=1)
    caller = Caller(platform, actor(platform), responses=responses)
    aliases = " ".join(f"alias{number}: id" for number in range(18))
    # when many answers of thirty kilobytes and more are asked twice
    sizes = []
    for number in range(100, 60, -1):
        query = f"{{ services(first: {number}) {{ nodes {{ {aliases} dependents {{ nodes {{ id }} }} }} }} }}"
        for _ in range(2):
            sizes.append(len((await caller.ask(query)).content))
    # then only the latest are kept
    assert min(sizes) > 30_000
    assert responses.held == 1024 * 1024 // (sizes[-1] - len('{"data":}'))
