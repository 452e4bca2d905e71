"""Workers that are killed, frozen or told to stop: the run ends as planned, and nothing is applied wrongly."""

from __future__ import annotations

from app.local.processes import wait_for
from tests.faults.conftest import Start
from tests.faults.workers import METRICS_TOKEN
from tests.platform import SHOP, service
from tests.runs.deploying import Deploying

SLOW = {"ECHO_DELAY_SECONDS": "0.3"}
NAMES = [f"s{number}" for number in range(8)]


async def _apply_chain(deploying: Deploying, *, delay: dict[str, str] = SLOW) -> None:
    """Eight services in four layers of two, each needing the one before."""
    services = [
        service(name, needs=[NAMES[number - 2]] if number > 1 else [], env=delay) for number, name in enumerate(NAMES)
    ]
    await deploying.platform.apply(*SHOP, *services)


async def _succeeded(deploying: Deploying, run_id: str) -> set[str]:
    return {name for name, state in (await deploying.states(run_id)).items() if state == "succeeded"}


async def test_a_run_is_carried_out_by_a_worker_process(deploying: Deploying, start: Start) -> None:
    # given
    await _apply_chain(deploying, delay={})
    worker = start()
    # when
    run_id = (await deploying.deploy()).run_id
    await deploying.until_ended(run_id)
    # then
    assert await deploying.totals(run_id) == ("succeeded", 8, 8, 0, 0)
    assert sorted(worker.effects()) == NAMES
    assert worker.get("/health") == (200, '{"status":"ok"}')
    assert worker.get("/metrics")[0] == 401
    # the worker counts a run after it has written its end
    finished = 'trellis_runs_total{outcome="finished"} 1.0'
    assert wait_for(lambda: finished in worker.get("/metrics", token=METRICS_TOKEN)[1], 10.0)
    assert "\ntrellis_jobs_waiting 0.0\n" in worker.get("/metrics", token=METRICS_TOKEN)[1]


async def test_a_worker_killed_in_the_middle_is_followed_and_nothing_is_applied_wrongly(
    deploying: Deploying, start: Start
) -> None:
    # given
    await _apply_chain(deploying)
    first = start()
    run_id = (await deploying.deploy()).run_id
    await deploying.until(run_id, "s2", "running")
    done = await _succeeded(deploying, run_id)
    # when
    first.kill()
    second = start()
    await deploying.until_ended(run_id)
    # then
    assert done >= {"s0"}
    assert await deploying.totals(run_id) == ("succeeded", 8, 8, 0, 0)
    assert await deploying.deployments() == dict.fromkeys(NAMES, ("succeeded", True))
    assert not done & set(second.effects())
    assert set(first.effects()) | set(second.effects()) == set(NAMES)
    assert len(second.effects()) == len(set(second.effects()))
    steps = await deploying.steps(run_id)
    assert {name: steps[name]["fence"] for name in done} == dict.fromkeys(done, 1)
    assert {name: steps[name]["fence"] for name in set(NAMES) - done} == dict.fromkeys(set(NAMES) - done, 2)
    assert (await deploying.run(run_id))["attempts"] == 2
    _check_order(first.effects(), done=set())
    _check_order(second.effects(), done=done)
    types = await deploying.events_of(["run.", "deployment."])
    assert [types.count(type) for type in ("run.started", "run.resumed", "run.finished")] == [1, 1, 1]
    assert (types.count("run.step.succeeded"), types.count("deployment.created")) == (8, 8)


async def test_a_worker_that_was_frozen_past_its_lease_writes_nothing_when_it_goes_on(
    deploying: Deploying, start: Start
) -> None:
    # given
    await _apply_chain(deploying)
    frozen = start()
    run_id = (await deploying.deploy()).run_id
    await deploying.until(run_id, "s2", "running")
    # when
    frozen.freeze()
    heir = start()
    await deploying.until_ended(run_id)
    before = (await deploying.run(run_id), await deploying.steps(run_id), await deploying.deployments())
    frozen.thaw()
    # then
    assert wait_for(lambda: len(frozen.said("run.lost")) == 1, 15.0)
    after = (await deploying.run(run_id), await deploying.steps(run_id), await deploying.deployments())
    assert after == before
    assert await deploying.totals(run_id) == ("succeeded", 8, 8, 0, 0)
    assert len(heir.effects()) == len(set(heir.effects()))
    # and: it goes on working for others
    await deploying.platform.apply(service("s0", image="example/s0:v2"))
    heir.kill()
    again = (await deploying.deploy()).run_id
    await deploying.until_ended(again)
    assert await deploying.totals(again) == ("succeeded", 1, 1, 0, 0)


async def test_a_worker_that_is_told_to_stop_ends_what_it_can_and_then_itself(
    deploying: Deploying, start: Start
) -> None:
    # given
    await _apply_chain(deploying)
    worker = start()
    run_id = (await deploying.deploy()).run_id
    await deploying.until(run_id, "s0", "running")
    # when
    worker.stop()
    # then
    assert not worker.alive
    assert await deploying.totals(run_id) == ("succeeded", 8, 8, 0, 0)
    assert [len(worker.said(event)) for event in ("worker.stopping", "run.finished", "worker.stopped")] == [1, 1, 1]


async def test_a_worker_told_to_stop_during_long_work_hands_the_run_over(deploying: Deploying, start: Start) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("s0", env={"ECHO_HANG": "1"}), service("s1", needs=["s0"]))
    first = start(TRELLIS_WORKER_DRAIN_SECONDS="0.2")
    run_id = (await deploying.deploy()).run_id
    await deploying.until(run_id, "s0", "running")
    second = start()
    # when
    first.stop()
    # then
    assert wait_for(lambda: second.effects() == ["s0"], 10.0)
    assert len(first.said("run.released")) == 1
    run = await deploying.run(run_id)
    assert (run["state"], run["fence"], run["attempts"]) == ("running", 2, 2)


def _check_order(effects: list[str], *, done: set[str]) -> None:
    """Every service was applied after the one that it needs, by this worker or before it."""
    for position, name in enumerate(effects):
        number = NAMES.index(name)
        if number > 1:
            assert NAMES[number - 2] in set(effects[:position]) | done
