"""What makes a plan stale, edges as well as nodes, and what does not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import JsonValue

from app.domain.plans import create_plan
from app.domain.runs import RunState, create_run
from app.errors import StalePlan
from tests.platform import SHOP, Platform, application, environment, project, service
from tests.runs.deploying import RecordingQueue

APPLICATION, ENVIRONMENT = "shop/boutique", "shop@dev"
BEFORE = [
    *SHOP,
    environment("test"),
    service("redis"),
    service("cart", needs=["redis"]),
    service("mail"),
    application("bank"),
    service("ledger", application="bank"),
]


async def planned(platform: Platform) -> str:
    """A plan of the boutique as it is at first."""
    await platform.apply(*BEFORE)
    return (await create_plan(platform.change(), application_id=APPLICATION, environment_id=ENVIRONMENT)).id


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        pytest.param([service("cart", needs=["redis", "mail"])], ["shop/boutique/cart"], id="an edge more"),
        pytest.param([service("cart")], ["shop/boutique/cart"], id="an edge less"),
        pytest.param([service("cart", wants=["redis"])], ["shop/boutique/cart"], id="an edge of another kind"),
        pytest.param(
            [service("cart", needs=["redis", "bank/ledger"])], ["shop/boutique/cart"], id="an edge to elsewhere"
        ),
        pytest.param([service("cart", needs=["redis"], replicas=2)], ["shop/boutique/cart"], id="another version"),
        pytest.param([environment("dev", provider="kubernetes")], ["shop@dev"], id="another target"),
        pytest.param([service("web")], ["shop/boutique/web"], id="a service more"),
    ],
)
async def test_what_a_plan_was_made_from_moves_and_is_named(
    platform: Platform, change: Sequence[JsonValue], moved: Sequence[str]
) -> None:
    # given
    plan_id, queue = await planned(platform), RecordingQueue()
    await platform.apply(*change)
    before = await platform.picture(), await platform.events()
    # when
    with pytest.raises(StalePlan) as refused:
        await create_run(platform.change(), queue, plan_id=plan_id)
    # then
    assert list(refused.value.nodes) == moved
    assert (await platform.picture(), await platform.events(), queue.rung) == (*before, [])


async def test_what_happens_elsewhere_leaves_a_plan_as_it_is(platform: Platform) -> None:
    # given
    plan_id, queue = await planned(platform), RecordingQueue()
    # when other projects, environments and applications change, and one of those now needs ours
    await platform.apply(
        project("other"),
        environment("test", promotes_to="dev"),
        service("ledger", application="bank", needs=["boutique/cart"], replicas=2),
    )
    # then
    assert (await create_run(platform.change(), queue, plan_id=plan_id)).state is RunState.QUEUED
