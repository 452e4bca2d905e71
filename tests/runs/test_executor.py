"""Runs carried out by a real executor on the real graph, through a provider that remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections import Counter

import orjson

from app.domain.runs import OnFailure
from app.graph_observer import counting
from tests.clocks import HandClock
from tests.platform import SHOP, service
from tests.runs.deploying import Deploying, eventually
from workers.executor import Outcome
from workers.settings import WorkerSettings

SHOP_OF_THREE = (*SHOP, service("redis"), service("cart", needs=["redis"]), service("web", needs=["cart"]))


async def test_a_run_deploys_everything_in_order_and_its_totals_are_exact(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_THREE)
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker()
    # when
    outcome = await worker.execute(run_id)
    # then
    assert outcome is Outcome.FINISHED
    assert worker.provider.calls == [("apply", "redis"), ("apply", "cart"), ("apply", "web")]
    assert await deploying.totals(run_id) == ("succeeded", 3, 3, 0, 0)
    assert await deploying.deployments() == dict.fromkeys(("redis", "cart", "web"), ("succeeded", True))
    run = await deploying.run(run_id)
    assert (run["fence"], run["attempts"]) == (1, 1)
    assert {"owner", "lease_until", "error"}.isdisjoint(run)
    for step in (await deploying.steps(run_id)).values():
        kept = {key: step.get(key) for key in ("state", "mark", "attempt", "fence", "waiting_for", "error", "outputs")}
        assert kept == {
            "state": "succeeded",
            "mark": "applied",
            "attempt": 1,
            "fence": 1,
            "waiting_for": [],
            "error": None,
            "outputs": ["rehearsed=true"],
        }


async def test_a_run_tells_every_turn_in_order(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"]))
    run_id = (await deploying.deploy()).run_id
    # when
    await deploying.worker().execute(run_id)
    # then
    assert await deploying.events_of(["run.", "deployment."]) == [
        "run.queued",
        "run.started",
        "run.step.succeeded",
        "deployment.created",
        "run.step.succeeded",
        "deployment.created",
        "run.finished",
    ]
    events = [one for one in await deploying.platform.events() if str(one["type"]).startswith("run.")]
    assert {one["correlation_id"] for one in events} == {"request-1"}
    assert {one["subject"] for one in events} == {run_id}
    assert orjson.loads(str(events[-1]["data"]))["after"] == {
        "state": "succeeded",
        "total": 2,
        "succeeded": 2,
        "failed": 0,
        "skipped": 0,
    }


async def test_the_next_plan_has_nothing_to_do_and_a_change_is_an_update(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_THREE)
    await deploying.worker().execute((await deploying.deploy()).run_id)
    # when
    nothing = await deploying.deploy()
    await deploying.platform.apply(service("cart", needs=["redis"], image="example/cart:v2"))
    update = await deploying.deploy()
    worker = deploying.worker("worker-2")
    await worker.execute(update.run_id)
    # then
    assert await deploying.totals(nothing.run_id) == ("succeeded", 0, 0, 0, 0)
    assert worker.provider.calls == [("apply", "cart")]
    assert await deploying.deployments() == dict.fromkeys(("redis", "cart", "web"), ("succeeded", True))
    assert (await deploying.events_of(["deployment."]))[-1] == "deployment.updated"


async def test_a_service_that_left_is_deleted_after_what_used_it(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_THREE)
    await deploying.worker().execute((await deploying.deploy()).run_id)
    await deploying.platform.apply(*SHOP, service("web", image="example/web:v2"), prune=True)
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker("worker-2")
    # when
    await worker.execute(run_id)
    # then
    assert worker.provider.calls == [("apply", "web"), ("delete", "cart"), ("delete", "redis")]
    assert await deploying.deployments() == {"web": ("succeeded", True)}
    assert await deploying.totals(run_id) == ("succeeded", 3, 3, 0, 0)
    assert (await deploying.events_of(["deployment."]))[-3:] == [
        "deployment.updated",
        "deployment.removed",
        "deployment.removed",
    ]


async def test_stop_skips_what_waits_and_says_why(deploying: Deploying) -> None:
    # given
    failing = service("cart", needs=["redis"], env={"ECHO_FAIL": "no such image"})
    others = (service("redis"), service("web", needs=["cart"]), service("mail", needs=["redis"]))
    await deploying.platform.apply(*SHOP, failing, *others, service("ads", needs=["mail"]))
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(settings=WorkerSettings(steps_per_target=1))
    # when
    await worker.execute(run_id)
    # then
    assert worker.provider.names("apply") == ["redis", "cart"]
    assert await deploying.totals(run_id) == ("failed", 5, 1, 1, 3)
    assert await deploying.states(run_id) == {
        "redis": "succeeded",
        "cart": "failed",
        "mail": "skipped",
        "ads": "skipped",
        "web": "skipped",
    }
    steps = await deploying.steps(run_id)
    assert steps["cart"]["error"] == "echo: no such image"
    assert steps["web"]["message"] == "the run stopped after cart did not succeed"
    assert steps["mail"]["message"] == "the run stopped before it began"
    assert {name: step.get("mark") for name, step in steps.items()} == {
        "redis": "applied",
        "cart": "pending",
        "mail": None,
        "ads": None,
        "web": None,
    }
    assert await deploying.deployments() == {"redis": ("succeeded", True), "cart": ("failed", False)}
    assert (await deploying.run(run_id))["error"] == "not deployed: cart"


async def test_continue_goes_on_with_what_does_not_need_the_failure(deploying: Deploying) -> None:
    # given
    failing = service("cart", needs=["redis"], env={"ECHO_FAIL": "no such image"})
    others = (service("redis"), service("web", needs=["cart"]), service("mail", needs=["redis"]))
    await deploying.platform.apply(*SHOP, failing, *others, service("ads", needs=["mail"], wants=["web"]))
    run_id = (await deploying.deploy(on_failure=OnFailure.CONTINUE)).run_id
    # when
    await deploying.worker().execute(run_id)
    # then
    assert await deploying.totals(run_id) == ("failed", 5, 3, 1, 1)
    assert await deploying.states(run_id) == {
        "redis": "succeeded",
        "cart": "failed",
        "mail": "succeeded",
        "ads": "succeeded",
        "web": "skipped",
    }
    assert (await deploying.steps(run_id))["web"]["message"] == "it needs cart, which did not succeed"


async def test_a_first_deployment_that_failed_is_created_by_the_next_plan(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("cart", env={"ECHO_FAIL": "no"}))
    await deploying.worker().execute((await deploying.deploy()).run_id)
    await deploying.platform.apply(service("cart"))
    # when
    run_id = (await deploying.deploy()).run_id
    await deploying.worker().execute(run_id)
    # then
    assert {name: step["action"] for name, step in (await deploying.steps(run_id)).items()} == {"cart": "create"}
    assert await deploying.deployments() == {"cart": ("succeeded", True)}


async def test_an_update_that_failed_leaves_what_runs_on_record(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("cart"))
    await deploying.worker().execute((await deploying.deploy()).run_id)
    before = await _running(deploying)
    await deploying.platform.apply(service("cart", env={"ECHO_FAIL": "no"}))
    # when
    await deploying.worker().execute((await deploying.deploy()).run_id)
    # then
    assert await _running(deploying) == before
    assert await deploying.deployments() == {"cart": ("failed", False)}


async def test_an_unavailable_target_is_tried_again_until_it_answers(deploying: Deploying) -> None:
    # given
    clock = HandClock()
    await deploying.platform.apply(*SHOP, service("cart", env={"ECHO_FAIL_TIMES": "2"}))
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(clock=clock)
    running = asyncio.create_task(worker.execute(run_id))
    # when
    for _ in range(2):
        await eventually(lambda: clock.sleeping(2.0) == 1)
        clock.advance(2.0)
    await running
    # then
    assert worker.provider.names("apply") == ["cart"] * 3
    assert await deploying.totals(run_id) == ("succeeded", 1, 1, 0, 0)
    assert (await deploying.steps(run_id))["cart"]["attempt"] == 3


async def test_a_target_that_stays_unavailable_is_an_error_and_no_failure_of_the_work(deploying: Deploying) -> None:
    # given
    clock = HandClock()
    await deploying.platform.apply(*SHOP, service("cart", env={"ECHO_FAIL_TIMES": "9"}))
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(clock=clock, settings=WorkerSettings(attempts=2))
    running = asyncio.create_task(worker.execute(run_id))
    # when
    await eventually(lambda: clock.sleeping(2.0) == 1)
    clock.advance(2.0)
    await running
    # then
    assert worker.provider.names("apply") == ["cart"] * 2
    assert await deploying.totals(run_id) == ("error", 1, 0, 1, 0)
    step = (await deploying.steps(run_id))["cart"]
    assert (step["state"], step["error"]) == (
        "error",
        "unavailable after 2 attempts: echo: unavailable as asked (2 of 9)",
    )
    assert await deploying.deployments() == {"cart": ("error", False)}


async def test_a_rollout_that_never_becomes_ready_fails_at_its_deadline_and_the_rest_goes_on_as_asked(
    deploying: Deploying,
) -> None:
    # given
    clock = HandClock()
    hanging = service("cart", env={"ECHO_HANG": "1"}, deadline=30)
    await deploying.platform.apply(*SHOP, hanging, service("web", needs=["cart"]), service("mail"))
    run_id = (await deploying.deploy(on_failure=OnFailure.CONTINUE)).run_id
    worker = deploying.worker(clock=clock, settings=WorkerSettings(lease=600.0))
    running = asyncio.create_task(worker.execute(run_id))
    # when
    await eventually(lambda: clock.sleeping(35.0) == 1)
    clock.advance(34.9)
    assert not running.done()
    clock.advance(0.1)
    await running
    # then
    assert await deploying.totals(run_id) == ("failed", 3, 1, 1, 1)
    assert (await deploying.steps(run_id))["cart"]["error"] == "not done within its deadline of 30 s"
    assert await deploying.states(run_id) == {"cart": "failed", "mail": "succeeded", "web": "skipped"}
    assert "run.step.failed" in await deploying.events_of(["run.step."])


async def test_no_step_takes_longer_than_the_worker_allows_whatever_its_service_says(deploying: Deploying) -> None:
    # given
    clock = HandClock()
    await deploying.platform.apply(*SHOP, service("cart", env={"ECHO_HANG": "1"}, deadline=300))
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(clock=clock, settings=WorkerSettings(lease=600.0, longest_step=20.0))
    running = asyncio.create_task(worker.execute(run_id))
    # when
    await eventually(lambda: clock.sleeping(25.0) == 1)
    clock.advance(24.9)
    assert not running.done()
    clock.advance(0.1)
    await running
    # then
    assert await deploying.totals(run_id) == ("failed", 1, 0, 1, 0)
    assert (await deploying.steps(run_id))["cart"]["error"] == "not done within its deadline of 20 s"


async def test_nothing_begins_on_a_target_that_does_not_answer_until_its_pause_is_over(deploying: Deploying) -> None:
    # given a target that did not answer an earlier run of the same worker
    clock, pause = HandClock(), 60.0
    await deploying.platform.apply(*SHOP, service("cart", env={"ECHO_FAIL_TIMES": "1"}))
    settings = WorkerSettings(lease=600.0, attempts=1, breaker_failures=1, breaker_pause=pause)
    worker = deploying.worker(clock=clock, settings=settings)
    first = (await deploying.deploy()).run_id
    await worker.execute(first)
    assert await deploying.totals(first) == ("error", 1, 0, 1, 0)
    await deploying.platform.apply(service("cart"))
    run_id = (await deploying.deploy()).run_id
    # when the next run comes to a step there
    running = asyncio.create_task(worker.execute(run_id))
    await eventually(lambda: clock.sleeping(pause) == 1)
    await deploying.until_waiting(run_id, "cart", ["breaker:echo in shop@dev"])
    clock.advance(pause - 0.1)
    # then it waits and says for what
    assert (clock.sleeping(pause), worker.provider.names("apply")) == (1, ["cart"])
    # and begins once the pause is over
    clock.advance(0.1)
    await running
    assert worker.provider.names("apply") == ["cart"] * 2
    assert await deploying.totals(run_id) == ("succeeded", 1, 1, 0, 0)


async def test_no_more_steps_are_at_work_on_a_target_than_its_limit(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(
        *SHOP, *(service(f"s{number}", env={"ECHO_DELAY_SECONDS": "0.02"}) for number in range(12))
    )
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(settings=WorkerSettings(steps_per_target=3))
    # when
    await worker.execute(run_id)
    # then
    assert worker.provider.most_working == 3
    assert await deploying.totals(run_id) == ("succeeded", 12, 12, 0, 0)


async def test_a_step_says_what_it_still_waits_for(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"), service("mail"), service("cart", needs=["redis", "mail"]))
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker()
    gate = worker.provider.close("mail")
    running = asyncio.create_task(worker.execute(run_id))
    # when
    await deploying.until(run_id, "redis", "succeeded")
    # then
    step = (await deploying.steps(run_id))["cart"]
    assert (step["state"], step["waiting_for"]) == ("waiting", ["shop/boutique/mail@dev"])
    assert (await deploying.deployments())["mail"] == ("running", False)
    gate.set()
    await running
    assert await deploying.totals(run_id) == ("succeeded", 3, 3, 0, 0)


async def test_progress_is_told_but_not_more_often_than_asked(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("cart", env={"ECHO_DELAY_SECONDS": "0.04"}, replicas=4))
    run_id = (await deploying.deploy()).run_id
    # when
    await deploying.worker(settings=WorkerSettings(progress_interval=3600.0)).execute(run_id)
    # then
    told = [one for one in await deploying.platform.events() if one["type"] == "run.step.progress"]
    [only] = [orjson.loads(str(one["data"])) for one in told]
    assert (only["message"], only["done"], only["total"]) == ("echo: 0 of 4 ready", 0, 4)


async def test_the_number_of_commits_follows_the_depth_and_not_the_size(deploying: Deploying) -> None:
    # given
    wide = [service(f"a{number}") for number in range(30)]
    wide += [service(f"b{number}", needs=[f"a{number}", f"a{(number + 1) % 30}"]) for number in range(30)]
    await deploying.platform.apply(*SHOP, *wide)
    run_id = (await deploying.deploy()).run_id
    # when
    with counting() as statements:
        await deploying.worker().execute(run_id)
    # then
    assert await deploying.totals(run_id) == ("succeeded", 60, 60, 0, 0)
    assert Counter(statements)["runs/record_report"] == 3


async def test_a_provider_that_is_not_configured_is_an_error_that_says_so(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("cart"), provider="kubernetes")
    run_id = (await deploying.deploy()).run_id
    # when
    await deploying.worker().execute(run_id)
    # then
    step = (await deploying.steps(run_id))["cart"]
    assert (step["state"], step["error"]) == (
        "error",
        "provider kubernetes is not configured in this worker (configured: echo)",
    )
    assert await deploying.totals(run_id) == ("error", 1, 0, 1, 0)


async def _running(deploying: Deploying) -> list[object]:
    rows = await deploying.platform.graph.define(
        f"MATCH (:Deployment {{tenant: '{deploying.platform.tenant}'}})-[:RUNS]->(v) RETURN v.id AS id"
    )
    return [row["id"] for row in rows]
