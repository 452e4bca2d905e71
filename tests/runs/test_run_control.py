"""Runs that are cancelled, paused, resumed, confirmed and rejected, on the real graph by a real executor."""

from __future__ import annotations

import asyncio

import pytest

from app.domain import run_control
from app.domain.access import Role
from app.domain.workloads import Target
from app.errors import Conflict, Forbidden, NotFound
from tests.clocks import HandClock
from tests.platform import SHOP, service
from tests.runs.deploying import Deploying, RecordingQueue, Worker, eventually
from workers.executor import Outcome
from workers.providers.contract import Observed, ProviderUnavailable
from workers.providers.echo import EchoProvider
from workers.settings import WorkerSettings

CHAIN = (*SHOP, service("redis"), service("cart", needs=["redis"]), service("web", needs=["cart"]))


class Away(EchoProvider):
    """An echo provider whose target nobody can look at."""

    async def observe(self, target: Target) -> Observed:
        """Say that nobody answers."""
        raise ProviderUnavailable("nobody answers")


async def _under_way(deploying: Deploying, worker: Worker, run_id: str) -> asyncio.Task[Outcome]:
    """The chain's run, at work on cart, which does not end by itself."""
    worker.provider.close("cart")
    running = asyncio.create_task(worker.execute(run_id))
    await deploying.until(run_id, "cart", "running")
    return running


async def _waiting_for(deploying: Deploying, run_id: str) -> dict[str, object]:
    return {name: step.get("waiting_for") for name, step in (await deploying.steps(run_id)).items()}


async def test_a_run_that_nobody_has_begun_ends_at_once(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*CHAIN)
    run_id = (await deploying.deploy()).run_id
    # when
    await run_control.cancel_run(deploying.platform.change(), deploying.queue, run_id=run_id, reason="not today")
    await run_control.cancel_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    # then
    assert await deploying.totals(run_id) == ("cancelled", 3, 0, 0, 3)
    assert set((await deploying.states(run_id)).values()) == {"skipped"}
    assert (await deploying.run(run_id))["error"] == "cancelled by admin: not today"
    assert await deploying.events_of(["run."]) == ["run.queued", "run.finished"]
    assert await deploying.worker().execute(run_id) is Outcome.NOT_TAKEN
    assert (await deploying.deploy()).run_id != run_id


async def test_a_run_under_way_is_stopped_and_what_has_not_begun_is_skipped(
    deploying: Deploying, queue: RecordingQueue
) -> None:
    # given
    await deploying.platform.apply(*CHAIN)
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker()
    running = await _under_way(deploying, worker, run_id)
    # when
    await run_control.cancel_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    assert (await deploying.run(run_id))["state"] == "cancelling"
    for tenant, nudged in queue.nudged:
        worker.executor.nudge(tenant, nudged)
    # then: long before the lease is renewed
    async with asyncio.timeout(4):
        assert await running is Outcome.FINISHED
    assert await deploying.totals(run_id) == ("cancelled", 3, 1, 0, 2)
    steps = await deploying.steps(run_id)
    assert {name: (step["state"], step["message"]) for name, step in steps.items()} == {
        "redis": ("succeeded", ""),
        "cart": ("skipped", "the run was cancelled before it took effect"),
        "web": ("skipped", "the run was cancelled"),
    }
    assert (await deploying.deployments())["cart"] == ("cancelled", False)
    assert (await deploying.events_of(["run.c", "run.f"])) == ["run.cancelling", "run.finished"]


async def test_a_run_is_stopped_without_waiting_for_any_time_to_pass(
    deploying: Deploying, queue: RecordingQueue
) -> None:
    # given a worker whose clock stands still, at work on a step that takes an hour
    clock = HandClock()
    await deploying.platform.apply(*SHOP, service("cart", env={"ECHO_DELAY_SECONDS": "3600"}, deadline=3600))
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(clock=clock)
    running = asyncio.create_task(worker.execute(run_id))
    await deploying.until(run_id, "cart", "running")
    # when
    await run_control.cancel_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    for tenant, nudged in queue.nudged:
        worker.executor.nudge(tenant, nudged)
    # then it ends, and nobody had to turn the clock
    async with asyncio.timeout(30):
        assert await running is Outcome.FINISHED
    assert (clock.monotonic(), await deploying.totals(run_id)) == (0.0, ("cancelled", 1, 0, 0, 1))


async def test_a_worker_that_hears_no_nudge_learns_of_it_with_its_lease(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*CHAIN)
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(settings=WorkerSettings(lease=1.0))
    running = await _under_way(deploying, worker, run_id)
    # when
    await run_control.cancel_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    # then
    async with asyncio.timeout(5):
        await running
    assert (await deploying.run(run_id))["state"] == "cancelled"


async def test_what_nobody_can_look_at_is_unknown(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*CHAIN)
    run_id = (await deploying.deploy()).run_id
    time = deploying.worker().executor._parts.clock
    worker = deploying.worker(provider=Away(time))
    running = await _under_way(deploying, worker, run_id)
    # when
    await run_control.cancel_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    worker.executor.nudge(deploying.platform.tenant, run_id)
    await running
    # then
    run = await deploying.run(run_id)
    assert (run["state"], run["error"]) == (
        "cancelled",
        "the run was cancelled; not known whether it took effect: cart",
    )
    assert (await deploying.states(run_id))["cart"] == "unknown"


async def test_a_run_that_is_being_stopped_is_brought_to_its_end_by_another_worker(deploying: Deploying) -> None:
    # given: a worker that dies with cart under way
    await deploying.platform.apply(*CHAIN)
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker()
    running = await _under_way(deploying, worker, run_id)
    worker.cut_off()
    running.cancel()
    await asyncio.wait([running])
    await run_control.cancel_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    await deploying.make_overdue(run_id)
    # when
    heir = deploying.worker("heir")
    await heir.execute(run_id)
    # then
    assert (await deploying.run(run_id))["state"] == "cancelled"
    assert heir.provider.names("apply") == []
    assert (await deploying.states(run_id))["web"] == "skipped"


async def test_a_run_that_has_ended_cannot_be_cancelled_paused_or_resumed(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    run_id = (await deploying.deploy()).run_id
    await deploying.worker().execute(run_id)
    before = (await deploying.run(run_id), await deploying.platform.events())
    # when
    for control in (run_control.cancel_run, run_control.pause_run, run_control.resume_run, run_control.confirm_run):
        with pytest.raises(Conflict, match="is succeeded and"):
            await control(deploying.platform.change(), deploying.queue, run_id=run_id)
    # then
    assert (await deploying.run(run_id), await deploying.platform.events()) == before


async def test_a_viewer_cannot_cancel_and_nobody_a_run_that_is_not_there(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    run_id = (await deploying.deploy()).run_id
    # when
    with pytest.raises(Forbidden):
        await run_control.cancel_run(deploying.platform.change(role=Role.VIEWER), deploying.queue, run_id=run_id)
    with pytest.raises(NotFound):
        await run_control.cancel_run(deploying.platform.change(), deploying.queue, run_id="run-of-nobody")
    # then
    assert (await deploying.run(run_id))["state"] == "queued"


async def test_a_paused_run_is_let_go_and_goes_on_where_it_was(deploying: Deploying, queue: RecordingQueue) -> None:
    # given
    await deploying.platform.apply(*CHAIN)
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker()
    running = await _under_way(deploying, worker, run_id)
    # when: paused while cart is under way
    await run_control.pause_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    worker.executor.nudge(deploying.platform.tenant, run_id)
    worker.provider.closed["cart"].set()
    # then: cart comes to its end, and nothing else begins
    assert await running is Outcome.PARKED
    run = await deploying.run(run_id)
    assert (run["state"], run["waiting_for"]) == ("paused", ["paused:user:admin"])
    assert {"owner", "lease_until"}.isdisjoint(run)
    assert await deploying.states(run_id) == {"redis": "succeeded", "cart": "succeeded", "web": "waiting"}
    assert (await _waiting_for(deploying, run_id))["web"] == ["paused:"]
    assert await worker.execute(run_id) is Outcome.NOT_TAKEN
    with pytest.raises(Conflict, match="is paused: wait"):
        await deploying.deploy()
    # when: resumed, another worker takes it up
    await run_control.resume_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    assert queue.rung[-1] == (deploying.platform.tenant, run_id, 1)
    assert (await _waiting_for(deploying, run_id))["web"] == ["worker:"]
    heir = deploying.worker("heir")
    assert await heir.execute(run_id) is Outcome.FINISHED
    # then
    assert heir.provider.names("apply") == ["web"]
    assert await deploying.totals(run_id) == ("succeeded", 3, 3, 0, 0)
    assert await deploying.events_of(["run.paused", "run.continued", "run.resumed"]) == [
        "run.paused",
        "run.continued",
        "run.resumed",
    ]


async def test_a_run_that_is_paused_and_resumed_at_once_goes_on_in_its_worker(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*CHAIN)
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker()
    running = await _under_way(deploying, worker, run_id)
    # when
    await run_control.pause_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    worker.executor.nudge(deploying.platform.tenant, run_id)
    await run_control.resume_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    worker.executor.nudge(deploying.platform.tenant, run_id)
    worker.provider.closed["cart"].set()
    # then
    assert await running is Outcome.FINISHED
    assert await deploying.totals(run_id) == ("succeeded", 3, 3, 0, 0)
    assert (await deploying.run(run_id))["attempts"] == 1


async def test_steps_that_wait_for_a_place_are_taken_back_by_a_pause(deploying: Deploying) -> None:
    # given: one place, and two who want it
    await deploying.platform.apply(*SHOP, service("a"), service("b"))
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(settings=WorkerSettings(steps_per_target=1))
    gate = worker.provider.close("a")
    running = asyncio.create_task(worker.execute(run_id))
    await deploying.until(run_id, "a", "running")
    assert (await _waiting_for(deploying, run_id))["b"] == ["limit:echo in shop@dev"]
    # when
    await run_control.pause_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    worker.executor.nudge(deploying.platform.tenant, run_id)
    await eventually(lambda: len(worker.executor._at_work[deploying.platform.tenant, run_id]._runners) == 1)
    gate.set()
    # then
    assert await running is Outcome.PARKED
    steps = await deploying.steps(run_id)
    assert (steps["a"]["state"], steps["b"]["state"], steps["b"].get("mark")) == ("succeeded", "waiting", None)
    assert steps["b"]["waiting_for"] == ["paused:"]


async def test_a_queued_run_that_is_paused_is_not_taken_up_until_it_is_resumed(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    run_id = (await deploying.deploy()).run_id
    assert await _waiting_for(deploying, run_id) == {"redis": ["worker:"]}
    # when
    await run_control.pause_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    await run_control.pause_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    # then
    assert await _waiting_for(deploying, run_id) == {"redis": ["paused:user:admin"]}
    worker = deploying.worker()
    assert await worker.execute(run_id) is Outcome.NOT_TAKEN
    await run_control.resume_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    assert await worker.execute(run_id) is Outcome.FINISHED


async def test_a_run_waits_for_someone_to_confirm_and_holds_no_worker_meanwhile(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*CHAIN)
    run_id = (await deploying.deploy(confirm_after=1)).run_id
    worker = deploying.worker()
    # when
    outcome = await worker.execute(run_id)
    # then
    run = await deploying.run(run_id)
    assert (outcome, run["state"], run["waiting_for"]) == (Outcome.PARKED, "paused", ["person:1"])
    assert "lease_until" not in run
    assert await deploying.states(run_id) == {"redis": "succeeded", "cart": "waiting", "web": "waiting"}
    assert (await _waiting_for(deploying, run_id))["cart"] == ["person:1"]
    assert (await deploying.events_of(["run.waiting"])) == ["run.waiting"]
    with pytest.raises(Conflict, match="waits for someone to confirm"):
        await run_control.resume_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    # when
    await run_control.confirm_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    heir = deploying.worker("heir")
    await heir.execute(run_id)
    # then
    assert heir.provider.names("apply") == ["cart", "web"]
    assert await deploying.totals(run_id) == ("succeeded", 3, 3, 0, 0)


async def test_a_run_that_is_rejected_ends_with_what_it_has_done(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*CHAIN)
    run_id = (await deploying.deploy(confirm_after=1)).run_id
    await deploying.worker().execute(run_id)
    # when
    await run_control.reject_run(deploying.platform.change(), deploying.queue, run_id=run_id, reason="too slow")
    # then
    assert await deploying.totals(run_id) == ("cancelled", 3, 1, 0, 2)
    assert (await deploying.run(run_id))["error"] == "rejected by admin: too slow"


async def test_the_same_key_does_it_once(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    run_id = (await deploying.deploy()).run_id
    change = deploying.platform.change()
    await run_control.pause_run(change, deploying.queue, run_id=run_id, idempotency_key="pause-1")
    await run_control.resume_run(change, deploying.queue, run_id=run_id)
    # when
    await run_control.pause_run(change, deploying.queue, run_id=run_id, idempotency_key="pause-1")
    # then
    assert (await deploying.run(run_id))["state"] == "queued"
