"""A plan that is carried out wave by wave ends as one call does; and what waits is seen, with its number."""

from __future__ import annotations

from app.domain import run_control
from app.domain.plans import create_plan
from app.domain.runs import Wishes, create_run
from app.transactions import Row
from tests.api import Api
from tests.platform import SHOP, Platform, environment, service
from tests.runs.deploying import Deploying
from workers.executor import Outcome

CHAIN = (service("redis"), service("cart", needs=["redis"]), service("web", needs=["cart"]))
WAITING = (
    "{ runs(where: {state: {eq: QUEUED}}, orderBy: [{id: ASC}], first: 1) { totalCount nodes { id environmentId } } }"
)


async def runs_there(platform: Platform, environment_id: str) -> list[Row]:
    """What is recorded as running in an environment."""
    return await platform.graph.define(
        f"MATCH (d:Deployment {{tenant: '{platform.tenant}', environment_id: '{environment_id}'}})-[:RUNS]->(v) "
        "RETURN d.service_name AS name, d.status AS status, v.id AS version ORDER BY name"
    )


async def test_wave_by_wave_ends_as_one_call_does(deploying: Deploying) -> None:
    # given: one call has deployed to one environment
    platform = deploying.platform
    await platform.apply(*SHOP, environment("steps"), *CHAIN)
    once = (await deploying.deploy()).run_id
    await deploying.worker().execute(once)
    # when: another is planned, and somebody lets it go on after its first wave
    plan = await create_plan(platform.change(), application_id="shop/boutique", environment_id="shop@steps")
    started = await create_run(platform.change(), deploying.queue, plan_id=plan.id, wishes=Wishes(confirm_after=1))
    worker = deploying.worker("worker-2")
    parked = await worker.execute(started.run_id)
    begun = list(worker.provider.names("apply"))
    await run_control.confirm_run(platform.change(), deploying.queue, run_id=started.run_id)
    await worker.execute(started.run_id)
    # then it was stopped in between, and both ended the same
    assert (parked, begun) == (Outcome.PARKED, ["redis"])
    assert await deploying.totals(started.run_id) == await deploying.totals(once) == ("succeeded", 3, 3, 0, 0)
    assert await runs_there(platform, "shop@steps") == await runs_there(platform, "shop@dev")
    assert worker.provider.names("apply") == ["redis", "cart", "web"]


async def test_how_many_runs_wait_and_which_is_seen(api: Api, deploying: Deploying) -> None:
    # given two runs that no worker has taken up
    await deploying.platform.apply(*SHOP, environment("steps"), service("redis"))
    first = (await deploying.deploy()).run_id
    await deploying.deploy("shop@steps")
    # when / then
    assert (await api.ask(WAITING))["runs"] == {"totalCount": 2, "nodes": [{"id": first, "environmentId": "shop@dev"}]}
    # when one of them is carried out
    await deploying.worker().execute(first)
    # then
    found = (await api.ask(WAITING))["runs"]
    assert isinstance(found, dict)
    assert found["totalCount"] == 1
