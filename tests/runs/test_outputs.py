"""Outputs of a deployment are inputs of what depends on it: filled in once they are there, followed as they change."""

from __future__ import annotations

from app.domain.plan_steps import target
from app.domain.plans import create_plan, foresee
from app.domain.runs import RunState
from app.domain.workloads import Target
from tests.plans.pictures import PLACE
from tests.platform import SHOP, service
from tests.runs.deploying import APPLICATION, ENVIRONMENT, Deploying, Worker

REFERRING = service("cart", needs=["redis"], env={"SEEN": "it was ${redis.rehearsed}", "TEXT": "$${redis.rehearsed}"})


async def seen(deploying: Deploying, worker: Worker, name: str) -> dict[str, str]:
    """What the provider was given for a service."""
    place = target(PLACE, service_id=f"{APPLICATION}/{name}", name=name, kind="Workload")
    own = Target(deploying.platform.tenant, APPLICATION, ENVIRONMENT, place.service_id, name, place.namespace)
    return dict((await worker.provider.observe(own)).fields)


async def say(deploying: Deploying, name: str, output: str) -> None:
    """Let a provider have said something else of a deployment."""
    await deploying.platform.graph.define(
        f"MATCH (d:Deployment {{tenant: '{deploying.platform.tenant}', id: '{APPLICATION}/{name}@dev'}}) "
        f"SET d.outputs = ['{output}'], d.version = d.version + 1"
    )


async def test_an_output_is_filled_in_and_what_changes_of_it_is_planned(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"), REFERRING)
    foreseen = await foresee(deploying.platform.change(), application_id=APPLICATION, environment_id=ENVIRONMENT)
    unknown = {one.field: one.unknown for one in foreseen.proposal.steps[1].changes if one.unknown is not None}
    assert [(field, why.origin) for field, why in unknown.items()] == [("environment.SEEN", "shop/boutique/redis@dev")]
    worker = deploying.worker()
    started = await deploying.deploy()
    # when
    await worker.execute(started.run_id)
    # then
    assert (await deploying.run(started.run_id))["state"] == RunState.SUCCEEDED
    fields = await seen(deploying, worker, "cart")
    assert (fields["environment.SEEN"], fields["environment.TEXT"]) == ("it was true", "${redis.rehearsed}")
    # and nothing is left to do until the output changes
    change = deploying.platform.change()
    assert (await create_plan(change, application_id=APPLICATION, environment_id=ENVIRONMENT)).proposal.acting == 0
    await say(deploying, "redis", "rehearsed=twice")
    planned = await create_plan(change, application_id=APPLICATION, environment_id=ENVIRONMENT)
    [step] = [step for step in planned.proposal.steps if step.action.acts]
    assert [(one.field, one.before, one.after) for one in step.changes] == [
        ("environment.SEEN", "it was true", "it was twice")
    ]


async def test_an_output_that_is_not_there_fails_its_step_and_says_which_are(deploying: Deploying) -> None:
    # given
    wrong = service("cart", needs=["redis"], env={"SEEN": "${redis.address}"})
    await deploying.platform.apply(*SHOP, service("redis"), wrong)
    started, worker = await deploying.deploy(), deploying.worker()
    # when
    await worker.execute(started.run_id)
    # then
    steps = await deploying.steps(started.run_id)
    assert (steps["redis"]["state"], steps["cart"]["state"]) == ("succeeded", "failed")
    assert steps["cart"]["message"] == (
        "shop/boutique/redis has no output address, which ${redis.address} names; it has rehearsed"
    )
    assert worker.provider.names("apply") == ["redis"]
