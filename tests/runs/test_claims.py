"""A run belongs to one worker at a time, and whoever lost it cannot write; what a dead worker began is finished."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from app.domain.run_ledger import RunLost
from app.domain.run_records import Claim, Report, RunEnd, RunStep, StepEnd, StepStart, StepState
from app.domain.runs import RunState
from app.domain.workloads import Target
from app.graph_observer import counting
from tests.clocks import HandClock
from tests.platform import SHOP, service
from tests.runs.deploying import Deploying, RecordingQueue, Worker, eventually
from workers.executor import Outcome
from workers.providers.contract import Observed, Progress, ProviderUnavailable, StepContext
from workers.providers.echo import EchoProvider
from workers.reaper import Reaper
from workers.settings import WorkerSettings

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SHOP_OF_TWO = (*SHOP, service("redis"), service("cart", needs=["redis"]))


class Blind(EchoProvider):
    """An echo provider whose target can be changed, but not looked at."""

    async def observe(self, target: Target) -> Observed:
        """Say that nobody answers."""
        raise ProviderUnavailable("nobody answers")


async def test_of_forty_workers_exactly_one_claims_a_run(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    workers = [deploying.worker(f"worker-{number}") for number in range(40)]
    # when
    claims = await asyncio.gather(*(one.ledger.claim(deploying.platform.tenant, run_id) for one in workers))
    # then
    [winner] = [number for number, claim in enumerate(claims) if claim is not None]
    run = await deploying.run(run_id)
    assert (run["owner"], run["fence"], run["attempts"], run["state"]) == (f"worker-{winner}", 1, 1, "running")
    assert await deploying.events_of(["run."]) == ["run.queued", "run.started"]


async def test_of_forty_workers_exactly_one_takes_over_an_overdue_run(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    await _claimed(deploying, run_id)
    await deploying.make_overdue(run_id)
    workers = [deploying.worker(f"heir-{number}") for number in range(40)]
    # when
    claims = await asyncio.gather(*(one.ledger.claim(deploying.platform.tenant, run_id) for one in workers))
    # then
    assert [(one.fence, one.attempts) for one in claims if one is not None] == [(2, 2)]
    assert await deploying.events_of(["run."]) == ["run.queued", "run.started", "run.resumed"]


async def test_fences_rise_from_run_to_run_of_an_environment(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    first = (await deploying.deploy()).run_id
    await deploying.worker().execute(first)
    await deploying.platform.apply(service("redis", image="example/redis:v2"))
    # when
    second = (await deploying.deploy()).run_id
    await deploying.worker().execute(second)
    # then
    assert [(await deploying.run(run_id))["fence"] for run_id in (first, second)] == [1, 2]


async def test_a_run_that_is_held_and_a_run_that_has_ended_cannot_be_claimed(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    await _claimed(deploying, run_id)
    # then
    assert await deploying.worker("worker-2").execute(run_id) is Outcome.NOT_TAKEN
    assert await deploying.worker("worker-2").execute("nothing") is Outcome.NOT_TAKEN
    # when
    await deploying.make_overdue(run_id)
    await deploying.worker("worker-2").execute(run_id)
    before = await deploying.run(run_id)
    # then
    assert await deploying.worker("worker-3").execute(run_id) is Outcome.NOT_TAKEN
    assert await deploying.run(run_id) == before


async def test_every_write_of_a_worker_that_lost_its_run_is_refused(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    loser = deploying.worker("loser")
    claim = await _claimed(deploying, run_id)
    steps = await loser.ledger.steps(claim)
    await deploying.make_overdue(run_id)
    heir = await deploying.worker("heir").ledger.claim(deploying.platform.tenant, run_id)
    assert heir is not None
    before = (await deploying.run(run_id), await deploying.steps(run_id), await deploying.platform.events())
    reports = [
        Report(pending=steps),
        Report(starts=(StepStart(steps[0], NOW, 1),)),
        Report(ends=(_succeeded(steps[0]),)),
        Report(end=RunEnd(RunState.SUCCEEDED)),
    ]
    # when
    for report in reports:
        with pytest.raises(RunLost):
            await loser.ledger.report(claim, report, operation_id=loser.ledger.operation_id())
    # then
    assert await loser.ledger.renew(claim) is None
    await loser.ledger.release(claim)
    after = (await deploying.run(run_id), await deploying.steps(run_id), await deploying.platform.events())
    assert after == before
    assert await deploying.deployments() == {}


async def test_a_step_that_has_ended_never_changes(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    ledger = deploying.worker().ledger
    claim = await _claimed(deploying, run_id)
    [redis, _] = await ledger.steps(claim)
    await ledger.report(claim, Report(ends=(_succeeded(redis),)), operation_id=ledger.operation_id())
    before = await deploying.steps(run_id)
    # when
    failed = StepEnd(redis, StepState.FAILED, "late", NOW, 2)
    await ledger.report(
        claim,
        Report(pending=(redis,), starts=(StepStart(redis, NOW, 2),), ends=(failed,)),
        operation_id=ledger.operation_id(),
    )
    # then
    assert await deploying.steps(run_id) == before


async def test_a_run_that_has_ended_never_changes(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    ledger = deploying.worker().ledger
    claim = await _claimed(deploying, run_id)
    await ledger.report(claim, Report(end=RunEnd(RunState.ERROR, "over")), operation_id=ledger.operation_id())
    before = await deploying.run(run_id)
    # when
    with pytest.raises(RunLost):
        await ledger.report(claim, Report(end=RunEnd(RunState.SUCCEEDED)), operation_id=ledger.operation_id())
    # then
    assert await deploying.run(run_id) == before


async def test_another_worker_finishes_a_run_and_applies_nothing_a_second_time(deploying: Deploying) -> None:
    # given: the first worker dies while it applies cart; the target has it already
    target = EchoProvider(HandClock())
    await deploying.platform.apply(
        *SHOP, service("redis"), service("cart", needs=["redis"]), service("web", needs=["cart"])
    )
    run_id = (await deploying.deploy()).run_id
    first = deploying.worker("first", provider=target)
    await _die_while_applying(deploying, first, run_id, "cart")
    [workload] = first.provider.kept
    await target.apply(workload, StepContext(run_id, "shop/boutique/cart@dev", 1, 1, _quiet))
    # when
    second = deploying.worker("second", provider=target)
    outcome = await second.execute(run_id)
    # then
    assert outcome is Outcome.FINISHED
    assert second.provider.calls == [("observe", "cart"), ("apply", "web")]
    assert await deploying.totals(run_id) == ("succeeded", 3, 3, 0, 0)
    steps = await deploying.steps(run_id)
    assert {name: (step["attempt"], step["fence"]) for name, step in steps.items()} == {
        "redis": (1, 1),
        "cart": (2, 2),
        "web": (1, 2),
    }
    assert steps["cart"]["message"] == "it was applied before"
    assert await deploying.deployments() == dict.fromkeys(("redis", "cart", "web"), ("succeeded", True))


async def test_another_worker_applies_again_what_the_first_had_only_begun(deploying: Deploying) -> None:
    # given
    target = EchoProvider(HandClock())
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    first = deploying.worker("first", provider=target)
    await _die_while_applying(deploying, first, run_id, "cart")
    # when
    second = deploying.worker("second", provider=target)
    await second.execute(run_id)
    # then
    assert second.provider.calls == [("observe", "cart"), ("apply", "cart")]
    assert await deploying.totals(run_id) == ("succeeded", 2, 2, 0, 0)


async def test_what_nobody_can_look_at_is_unknown_and_is_not_applied_again(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    first = deploying.worker("first")
    await _die_while_applying(deploying, first, run_id, "redis")
    # when
    settings = WorkerSettings(attempts=2, backoff=0.0)
    second = deploying.worker("second", provider=Blind(HandClock()), settings=settings)
    await second.execute(run_id)
    # then
    assert second.provider.calls == [("observe", "redis"), ("observe", "redis")]
    assert await deploying.states(run_id) == {"redis": "unknown", "cart": "skipped"}
    assert await deploying.totals(run_id) == ("error", 2, 0, 1, 1)
    assert await deploying.deployments() == {"redis": ("unknown", False)}


async def test_a_worker_that_loses_its_run_stops_its_steps_and_writes_nothing_more(deploying: Deploying) -> None:
    # given
    clock = HandClock()
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    first = deploying.worker("first", clock=clock)
    first.provider.close("redis")
    running = asyncio.create_task(first.execute(run_id))
    await deploying.until(run_id, "redis", "running")
    await deploying.make_overdue(run_id)
    heir = await deploying.worker("heir").ledger.claim(deploying.platform.tenant, run_id)
    assert heir is not None
    before = (await deploying.run(run_id), await deploying.steps(run_id))
    # when: the next renewal is refused
    await eventually(lambda: clock.sleeping(5.0) == 1)
    clock.advance(5.0)
    outcome = await running
    # then
    assert outcome is Outcome.LOST
    assert first.provider.working == 0
    assert (await deploying.run(run_id), await deploying.steps(run_id)) == before


async def test_a_run_is_renewed_for_as_long_as_its_worker_lives(deploying: Deploying) -> None:
    # given
    clock = HandClock()
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(clock=clock)
    gate = worker.provider.close("redis")
    running = asyncio.create_task(worker.execute(run_id))
    await deploying.until(run_id, "redis", "running")
    await deploying.make_overdue(run_id)
    before = (await deploying.run(run_id))["lease_until"]
    # when
    await eventually(lambda: clock.sleeping(5.0) == 1)
    clock.advance(5.0)
    await eventually(lambda: clock.sleeping(5.0) == 1)
    # then
    after = (await deploying.run(run_id))["lease_until"]
    assert isinstance(before, datetime)
    assert isinstance(after, datetime)
    assert 10.0 < (after - before).total_seconds() < 40.0
    gate.set()
    assert await running is Outcome.FINISHED


async def test_a_worker_that_is_stopped_gives_its_run_back_at_once(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    first = deploying.worker("first")
    first.provider.close("redis")
    running = asyncio.create_task(first.execute(run_id))
    await deploying.until(run_id, "redis", "running")
    # when
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    # then
    assert await _ring(deploying) == [(deploying.platform.tenant, run_id, 1)]
    assert await deploying.worker("second").execute(run_id) is Outcome.FINISHED
    assert await deploying.totals(run_id) == ("succeeded", 2, 2, 0, 0)


async def test_the_reaper_rings_for_what_is_overdue_and_for_nothing_else(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    # then: it was rung for just now
    assert await _ring(deploying) == []
    # when: nobody took it
    await deploying.make_overdue(run_id)
    # then
    assert await _ring(deploying) == [(deploying.platform.tenant, run_id, 0)]
    assert await _ring(deploying) == []
    # when: a worker holds it
    await _claimed(deploying, run_id)
    # then
    assert await _ring(deploying) == []
    # when: that worker fell silent
    await deploying.make_overdue(run_id)
    # then
    assert await _ring(deploying) == [(deploying.platform.tenant, run_id, 1)]
    # when: another one has finished it
    await deploying.worker("second").execute(run_id)
    # then
    assert await _ring(deploying) == []


async def test_of_many_reapers_one_rings(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    await deploying.make_overdue(run_id)
    # when
    rung = await asyncio.gather(*(_ring(deploying) for _ in range(10)))
    # then
    assert [one for found in rung for one in found] == [(deploying.platform.tenant, run_id, 0)]


async def _claimed(deploying: Deploying, run_id: str) -> Claim:
    claim = await deploying.worker("first").ledger.claim(deploying.platform.tenant, run_id)
    assert claim is not None
    return claim


async def _ring(deploying: Deploying) -> list[tuple[str, str, int]]:
    queue = RecordingQueue()
    ledger = deploying.worker("reaper").ledger
    reaper = Reaper(ledger, queue, HandClock(), tenants=[], interval=1.0, patience=5.0)
    await reaper.look(deploying.platform.tenant)
    return queue.rung


async def _die_while_applying(deploying: Deploying, worker: Worker, run_id: str, name: str) -> None:
    """Let a worker end without a word while it applies a service: it cannot give the run back, its lease ends."""
    worker.provider.close(name)
    running = asyncio.create_task(worker.execute(run_id))
    await deploying.until(run_id, name, "running")
    worker.cut_off()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await deploying.make_overdue(run_id)


async def _quiet(_progress: Progress) -> None:
    """Nobody listens."""


def _succeeded(step: RunStep) -> StepEnd:
    return StepEnd(step, StepState.SUCCEEDED, "", NOW, 1, NOW)


async def test_a_run_is_claimed_in_one_transaction_with_the_marks_of_what_begins_first(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("cart"))
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker()
    # when
    with counting() as ran:
        outcome = await worker.execute(run_id)
    # then two transactions carry the run out, and each writes its operation's id with what it reports
    assert outcome is Outcome.FINISHED
    assert ran == [
        *("runs/claim_run", "runs/load_steps", "events/append_events", "runs/record_report"),
        *("runs/record_report", "events/append_events", "runs/finish_run", "events/append_events"),
    ]
    names = await deploying.platform.graph.define(
        f"MATCH (o:Operation {{tenant: '{deploying.platform.tenant}'}}) WHERE o.name IN ['claim_run', 'report_run'] "
        "RETURN o.name AS name ORDER BY name"
    )
    assert [row["name"] for row in names] == ["claim_run", "report_run"]
