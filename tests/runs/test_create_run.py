"""Runs are created once, for a plan that still holds, and one at a time for each place."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.access import Role
from app.domain.plans import create_plan
from app.domain.runs import OnFailure, RunState, create_run, deploy
from app.errors import Conflict, Forbidden, InvalidInput, NotFound, Refusal, StalePlan
from app.transactions import Row
from tests.platform import SHOP, application, environment, service
from tests.runs.deploying import APPLICATION, ENVIRONMENT, Deploying, RecordingQueue


async def planned(deploying: Deploying) -> str:
    """A plan of the boutique."""
    change = deploying.platform.change()
    return (await create_plan(change, application_id=APPLICATION, environment_id=ENVIRONMENT)).id


def rung(deploying: Deploying) -> list[tuple[str, str, int]]:
    """Which runs were rung for."""
    assert isinstance(deploying.queue, RecordingQueue)
    return list(deploying.queue.rung)


async def everything(deploying: Deploying) -> tuple[object, list[Row], list[tuple[str, str, int]]]:
    """What a refusal must leave as it is."""
    return await deploying.platform.picture(), await deploying.platform.events(), rung(deploying)


async def test_a_run_waits_with_a_record_for_each_step_and_is_rung_for(deploying: Deploying) -> None:
    # given
    platform = deploying.platform
    await platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"]))
    plan_id = await planned(deploying)
    # when
    started = await create_run(platform.change(), deploying.queue, plan_id=plan_id)
    # then
    assert (started.plan_id, started.state, started.repeated) == (plan_id, RunState.QUEUED, False)
    run = await deploying.run(started.run_id)
    expected: Row = {
        "state": "queued",
        "on_failure": "stop",
        "application_id": APPLICATION,
        "environment_id": ENVIRONMENT,
        "plan_id": plan_id,
        "created_by": "user:admin",
        "correlation_id": "request-1",
        "fence": 0,
        "attempts": 0,
        "total": 2,
        "succeeded": 0,
        "failed": 0,
        "skipped": 0,
        "version": 1,
    }
    assert {key: run[key] for key in expected} == expected
    assert "finished_at" not in run
    steps = await deploying.steps(started.run_id)
    assert [
        (name, step["state"], step["wave"], step["waiting_for"], step["attempt"]) for name, step in steps.items()
    ] == [
        ("redis", "waiting", 1, ["worker:"], 0),
        ("cart", "waiting", 2, ["shop/boutique/redis@dev"], 0),
    ]
    assert rung(deploying) == [(platform.tenant, started.run_id, 0)]
    assert (await deploying.events_of(["run."])) == ["run.queued"]


async def test_a_blocked_plan_gives_a_run_that_ended_as_denied_and_rings_for_nobody(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, environment("prod", stage="production"))
    await deploying.platform.apply(service("cart", image="example/cart:latest"), service("mail"))
    # when
    started = await deploying.deploy("shop@prod")
    # then
    assert started.state is RunState.DENIED
    [violation] = started.violations
    assert (violation.policy, [node.name for node in violation.nodes][:2]) == ("pinned-images", ["boutique", "cart"])
    assert (violation.edges, [node.label for node in violation.nodes]) == (
        ("HAS_SERVICE", "DESIRES"),
        ["Application", "Service", "ServiceVersion"],
    )
    assert await deploying.totals(started.run_id) == ("denied", 0, 0, 0, 0)
    assert "finished_at" in await deploying.run(started.run_id)
    assert await deploying.steps(started.run_id) == {}
    assert rung(deploying) == []
    assert await deploying.events_of(["run."]) == ["run.denied", "run.finished"]


async def test_a_denied_run_is_never_carried_out(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, environment("prod", stage="production"))
    await deploying.platform.apply(service("cart", image="example/cart:latest"), service("mail"))
    started = await deploying.deploy("shop@prod")
    before = await everything(deploying)
    worker = deploying.worker()
    # when
    outcome = await worker.execute(started.run_id)
    # then
    assert (outcome.value, worker.provider.calls) == ("not-taken", [])
    assert await everything(deploying) == before
    assert await deploying.deployments() == {}


async def test_an_empty_plan_gives_a_run_that_has_succeeded(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP)
    # when
    started = await deploying.deploy()
    # then
    assert started.state is RunState.SUCCEEDED
    assert await deploying.totals(started.run_id) == ("succeeded", 0, 0, 0, 0)
    assert rung(deploying) == []
    assert await deploying.events_of(["run."]) == ["run.finished"]


async def test_an_unknown_plan_is_refused(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP)
    before = await everything(deploying)
    # when
    with pytest.raises(NotFound) as refused:
        await create_run(deploying.platform.change(), deploying.queue, plan_id="nothing")
    # then
    assert (refused.value.message, refused.value.field) == ("there is no Plan nothing", "plan")
    assert await everything(deploying) == before


async def test_a_plan_is_stale_once_a_service_has_changed_and_names_it(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"), service("cart"))
    plan_id = await planned(deploying)
    await deploying.platform.apply(service("cart", image="example/cart:v2"))
    before = await everything(deploying)
    # when
    with pytest.raises(StalePlan) as refused:
        await create_run(deploying.platform.change(), deploying.queue, plan_id=plan_id)
    # then
    assert refused.value.nodes == ("shop/boutique/cart",)
    assert await everything(deploying) == before


async def test_a_plan_is_stale_once_something_was_deployed_and_names_it(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    plan_id = await planned(deploying)
    started = await deploying.deploy()
    await deploying.worker().execute(started.run_id)
    # when
    with pytest.raises(StalePlan) as refused:
        await create_run(deploying.platform.change(), deploying.queue, plan_id=plan_id)
    # then
    assert refused.value.nodes == ("shop/boutique/redis@dev",)


async def test_a_plan_is_stale_once_a_service_came_or_went_and_names_both(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"), service("mail"))
    plan_id = await planned(deploying)
    await deploying.platform.apply(*SHOP, service("redis"), service("web"), prune=True)
    # when
    with pytest.raises(StalePlan) as refused:
        await create_run(deploying.platform.change(), deploying.queue, plan_id=plan_id)
    # then
    assert refused.value.nodes == ("shop/boutique/mail", "shop/boutique/web")


async def test_a_change_elsewhere_does_not_make_a_plan_stale(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    plan_id = await planned(deploying)
    await deploying.platform.apply(environment("test"), application("other"), service("mail", application="other"))
    # when
    started = await create_run(deploying.platform.change(), deploying.queue, plan_id=plan_id)
    # then
    assert started.state is RunState.QUEUED


async def test_a_second_run_of_the_same_place_is_refused_and_names_the_first(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    first = await deploying.deploy()
    plan_id = await planned(deploying)
    before = await everything(deploying)
    # when
    with pytest.raises(Conflict) as refused:
        await create_run(deploying.platform.change(), deploying.queue, plan_id=plan_id)
    # then
    assert first.run_id in refused.value.message
    assert await everything(deploying) == before


async def test_of_two_plans_at_the_same_time_one_is_carried_out(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    plans = [await planned(deploying) for _ in range(6)]

    async def attempt(plan_id: str) -> str | Refusal:
        try:
            return (await create_run(deploying.platform.change(), deploying.queue, plan_id=plan_id)).run_id
        except Refusal as refusal:
            return refusal

    # when
    answers = await asyncio.gather(*(attempt(plan_id) for plan_id in plans))
    # then
    assert [type(one) for one in sorted(answers, key=lambda one: isinstance(one, Refusal))] == [str, *[Conflict] * 5]
    assert len(rung(deploying)) == 1


async def test_the_same_key_gives_the_first_answer_again(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    first = await deploying.deploy(idempotency_key="release-1")
    before = await everything(deploying)
    # when
    second = await deploying.deploy(idempotency_key="release-1")
    # then
    assert (second.run_id, second.plan_id, second.state, second.repeated) == (
        first.run_id,
        first.plan_id,
        RunState.QUEUED,
        True,
    )
    assert await everything(deploying) == before


async def test_the_same_key_at_the_same_time_makes_one_run(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    plan_id = await planned(deploying)

    async def ask() -> str:
        started = await create_run(
            deploying.platform.change(), deploying.queue, plan_id=plan_id, idempotency_key="release-1"
        )
        return started.run_id

    # when
    answers = await asyncio.gather(*(ask() for _ in range(6)))
    # then
    assert len(set(answers)) == 1
    assert rung(deploying) == [(deploying.platform.tenant, answers[0], 0)]


async def test_the_same_key_for_another_request_is_refused(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    await deploying.deploy(idempotency_key="release-1")
    before = await everything(deploying)
    # when
    with pytest.raises(Conflict) as refused:
        await deploying.deploy(idempotency_key="release-1", on_failure=OnFailure.CONTINUE)
    # then
    assert refused.value.field == "idempotencyKey"
    assert await everything(deploying) == before


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_that_is_too_short_or_too_long_is_refused(deploying: Deploying, key: str) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    before = await everything(deploying)
    # when
    with pytest.raises(InvalidInput) as refused:
        await deploying.deploy(idempotency_key=key)
    # then
    assert refused.value.field == "idempotencyKey"
    assert await everything(deploying) == before


async def test_a_viewer_may_not_deploy(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"))
    plan_id = await planned(deploying)
    before = await everything(deploying)
    viewer = deploying.platform.change(role=Role.VIEWER)
    # when
    with pytest.raises(Forbidden):
        await create_run(viewer, deploying.queue, plan_id=plan_id)
    with pytest.raises(Forbidden):
        await deploy(viewer, deploying.queue, application_id=APPLICATION, environment_id=ENVIRONMENT)
    # then
    assert await everything(deploying) == before
