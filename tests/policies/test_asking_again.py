"""Policies are asked again when a plan is carried out, because what they look at may have moved since."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.plans import create_plan
from app.domain.policies import Enforcement
from app.domain.policies.assigning import Assignment, assign
from app.domain.policies.freezing import FreezeSpec, create_freeze
from app.domain.reruns import rerun
from app.domain.run_control import cancel_run
from app.domain.runs import RunState, create_run
from app.errors import PolicyDenied, StalePlan
from tests.platform import SHOP, Platform, environment, service
from tests.runs.deploying import RecordingQueue

CART, PRODUCTION = "shop/boutique/cart", "shop@prod"


async def warned_plan(platform: Platform) -> str:
    """A plan of a service that runs once in production, which a policy only warns of."""
    await platform.apply(*SHOP, environment("prod", stage="production"), service("cart"))
    made = await create_plan(platform.change(), application_id="shop/boutique", environment_id=PRODUCTION)
    assert "replicas-in-production" in " ".join(made.proposal.warnings)
    return made.id


async def stricter(platform: Platform) -> None:
    """The policy denies what it only warned of."""
    await assign(platform.change(), Assignment("replicas-in-production", "shop", Enforcement.DENY))


async def slower(platform: Platform) -> None:
    """The service has run in the stage before, and does not any more: another environment now leads to production."""
    await platform.apply(environment("stage", stage="staging", promotes_to="prod"))


@pytest.mark.parametrize(("moved", "policy"), [(stricter, "replicas-in-production"), (slower, "promotion-order")])
async def test_a_plan_that_was_allowed_is_denied_once_a_policy_says_otherwise(
    platform: Platform, moved: Callable[[Platform], Awaitable[None]], policy: str
) -> None:
    # given a plan that policies allow, and something that they look at and the plan was not made from
    plan_id, queue = await warned_plan(platform), RecordingQueue()
    await moved(platform)
    # when
    started = await create_run(platform.change(), queue, plan_id=plan_id)
    # then it is denied by name, the decision is logged, and nothing is rung for
    assert started.state is RunState.DENIED
    [violation] = started.violations
    assert (violation.policy, queue.rung) == (policy, [])
    logged = await platform.graph.define(
        f"MATCH (d:Decision {{tenant: '{platform.tenant}', id: '{violation.decision}'}}) "
        "RETURN d.policy AS policy, d.point AS point, d.verdict AS verdict, d.about_id AS about"
    )
    assert logged == [{"policy": policy, "point": "deploy", "verdict": "deny", "about": started.run_id}]


async def test_a_plan_that_nobody_had_to_agree_to_is_stale_once_somebody_has(platform: Platform) -> None:
    # given
    plan_id, queue = await warned_plan(platform), RecordingQueue()
    await assign(platform.change(), Assignment("replicas-in-production", None, Enforcement.APPROVE))
    before = await platform.picture(), await platform.events()
    # when
    with pytest.raises(StalePlan, match="wants somebody to agree now") as refused:
        await create_run(platform.change(), queue, plan_id=plan_id)
    # then
    assert refused.value.nodes == ("policy:replicas-in-production",)
    assert (await platform.picture(), await platform.events(), queue.rung) == (*before, [])


async def test_what_policies_say_the_same_of_is_carried_out(platform: Platform) -> None:
    # given
    plan_id, queue = await warned_plan(platform), RecordingQueue()
    # when
    started = await create_run(platform.change(), queue, plan_id=plan_id)
    # then
    assert (started.state, len(queue.rung)) == (RunState.QUEUED, 1)


async def stopped_run(platform: Platform, queue: RecordingQueue) -> str:
    """A run of a plan that policies allow, cancelled before a worker took it."""
    plan_id = await warned_plan(platform)
    started = await create_run(platform.change(), queue, plan_id=plan_id)
    await cancel_run(platform.change(), queue, run_id=started.run_id)
    queue.rung.clear()
    return started.run_id


async def frozen(platform: Platform) -> None:
    """Nothing is deployed to production now."""
    now = datetime.now(UTC)
    spec = FreezeSpec("quarter", "quarter end", now - timedelta(hours=1), now + timedelta(hours=1), (), (PRODUCTION,))
    await create_freeze(platform.change(), spec)


@pytest.mark.parametrize(
    ("moved", "policy"),
    [(stricter, "replicas-in-production"), (slower, "promotion-order"), (frozen, "freeze-windows")],
)
async def test_a_run_is_not_repeated_once_a_policy_says_otherwise(
    platform: Platform, moved: Callable[[Platform], Awaitable[None]], policy: str
) -> None:
    # given a run that has ended, and something that policies look at
    queue = RecordingQueue()
    run_id = await stopped_run(platform, queue)
    await moved(platform)
    before = await platform.picture(), await platform.events()
    # when
    with pytest.raises(PolicyDenied) as refused:
        await rerun(platform.change(), queue, run_id=run_id)
    # then it is denied by name, nothing is changed, and only the decision is logged
    [violation] = refused.value.violations
    assert violation.policy == policy
    assert (await platform.picture(), await platform.events(), queue.rung) == (*before, [])
    logged = await platform.graph.define(
        f"MATCH (d:Decision {{tenant: '{platform.tenant}', id: '{violation.decision}'}}) "
        "RETURN d.policy AS policy, d.point AS point, d.verdict AS verdict"
    )
    assert logged == [{"policy": policy, "point": "deploy", "verdict": "deny"}]


async def test_a_run_is_not_repeated_where_somebody_has_to_agree_now(platform: Platform) -> None:
    # given
    queue = RecordingQueue()
    run_id = await stopped_run(platform, queue)
    await assign(platform.change(), Assignment("replicas-in-production", None, Enforcement.APPROVE))
    before = await platform.picture(), await platform.events()
    # when
    with pytest.raises(StalePlan, match="wants somebody to agree now") as refused:
        await rerun(platform.change(), queue, run_id=run_id)
    # then
    assert refused.value.nodes == ("policy:replicas-in-production",)
    assert (await platform.picture(), await platform.events(), queue.rung) == (*before, [])


async def test_a_run_is_repeated_where_policies_say_the_same(platform: Platform) -> None:
    # given
    queue = RecordingQueue()
    run_id = await stopped_run(platform, queue)
    # when
    started = await rerun(platform.change(), queue, run_id=run_id)
    # then
    assert (started.state, [rung[1] for rung in queue.rung]) == (RunState.QUEUED, [started.run_id])
