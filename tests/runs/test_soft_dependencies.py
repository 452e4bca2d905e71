"""Hard dependencies order and block; soft ones do neither, whatever becomes of what they lead to."""

from __future__ import annotations

from app.domain.runs import OnFailure
from tests.platform import SHOP, service
from tests.runs.deploying import Deploying


async def test_a_failure_holds_up_what_needs_it_and_nothing_that_only_wants_it(deploying: Deploying) -> None:
    # given
    broken = service("redis", env={"ECHO_FAIL": "as asked"})
    await deploying.platform.apply(*SHOP, broken, service("mail", wants=["redis"]), service("cart", needs=["redis"]))
    started = await deploying.deploy(on_failure=OnFailure.CONTINUE)
    # when
    await deploying.worker().execute(started.run_id)
    # then
    steps = await deploying.steps(started.run_id)
    assert {name: step["state"] for name, step in steps.items()} == {
        "redis": "failed",
        "mail": "succeeded",
        "cart": "skipped",
    }
    assert steps["cart"]["message"] == "it needs redis, which did not succeed"
