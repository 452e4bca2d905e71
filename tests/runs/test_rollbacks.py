"""A run that failed is undone by a plan and a run of their own, and what did not succeed can be carried out again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.plan_steps import Place, PlanState, Step, StepAction
from app.domain.policies.freezing import FreezeSpec, create_freeze
from app.domain.reruns import chosen, rerun
from app.domain.rollbacks import Done, reverse
from app.domain.runs import OnFailure, RunState
from app.domain.workloads import Target, Workload
from app.errors import Conflict, InvalidInput, StalePlan
from tests.platform import SHOP, service
from tests.runs.deploying import Deploying
from workers.executor import Outcome
from workers.settings import WorkerSettings

PLACE = Place("t", "shop/boutique", "shop@dev", "shop-dev", "echo", frozenset({"Workload"}))


def workload(name: str, version: str) -> Workload:
    """A workload of that version."""
    target = Target("t", "shop/boutique", "shop@dev", f"shop/boutique/{name}", name, "shop-dev")
    return Workload(target, f"{name}:{version}", f"example/{name}:{version}")


def done(name: str, action: StepAction, *, requires: tuple[str, ...] = (), gone: bool = False) -> Done:
    """A step that was carried out: from v1, where there was one, to v2."""
    step = Step(
        key=name,
        action=action,
        kind="Workload",
        service_id=f"shop/boutique/{name}",
        service_name=name,
        provider="echo",
        version_id=f"{name}:v2",
        requires=requires,
    )
    creates, deletes = action is StepAction.CREATE, action is StepAction.DELETE
    return Done(
        step,
        None if creates else f"{name}:v1",
        None if deletes else workload(name, "v2"),
        None if creates or gone else workload(name, "v1"),
    )


@pytest.mark.parametrize(
    ("action", "undone", "version"),
    [
        (StepAction.CREATE, StepAction.DELETE, "a:v2"),
        (StepAction.UPDATE, StepAction.UPDATE, "a:v1"),
        (StepAction.DELETE, StepAction.CREATE, "a:v1"),
    ],
)
def test_each_action_has_its_opposite(action: StepAction, undone: StepAction, version: str) -> None:
    # when
    [step] = reverse(PLACE, [done("a", action)]).steps
    # then
    assert (step.action, step.version_id) == (undone, version)


def test_what_came_last_is_undone_first() -> None:
    # given
    steps = [
        done("redis", StepAction.UPDATE),
        done("cart", StepAction.CREATE, requires=("redis",)),
        done("web", StepAction.UPDATE, requires=("cart",)),
    ]
    # when
    plan = reverse(PLACE, steps)
    # then
    assert [(step.key, step.wave, step.requires) for step in plan.steps] == [
        ("web", 1, ()),
        ("cart", 2, ("web",)),
        ("redis", 3, ("cart",)),
    ]
    assert (plan.state, plan.acting, plan.waves) == (PlanState.READY, 3, 3)
    assert [(one.field, one.before, one.after) for one in plan.steps[0].changes] == [
        ("image", "example/web:v2", "example/web:v1"),
        ("version", "web:v2", "web:v1"),
    ]


def test_what_cannot_be_undone_says_so_and_keeps_nothing_else_from_it() -> None:
    # when
    plan = reverse(PLACE, [done("a", StepAction.UPDATE, gone=True), done("b", StepAction.CREATE)])
    # then
    assert [(step.key, step.action, step.reason) for step in plan.steps] == [
        ("b", StepAction.DELETE, None),
        ("a", StepAction.BLOCKED, "a:v1 ran before, and is deleted"),
    ]
    assert plan.state is PlanState.READY


def test_nothing_done_is_nothing_to_undo() -> None:
    assert reverse(PLACE, []).state is PlanState.EMPTY


@pytest.mark.parametrize(
    ("from_step", "expected"),
    [(None, ["cart", "web"]), ("redis", ["redis", "cart", "web"]), ("mail", ["cart", "web", "mail"])],
)
def test_what_is_carried_out_again(from_step: str | None, expected: list[str]) -> None:
    # given
    states = {"redis": "succeeded", "cart": "failed", "web": "skipped", "mail": "succeeded"}
    # then
    assert chosen(states, [("cart", "redis"), ("web", "cart")], from_step) == expected


def test_a_step_that_is_not_there_cannot_be_begun_at() -> None:
    with pytest.raises(InvalidInput, match="has no step cart"):
        chosen({"redis": "succeeded"}, [], "cart")


async def test_a_release_that_fails_is_undone_in_reverse_and_visibly(deploying: Deploying) -> None:
    # given: v1 of redis and cart runs; v2 of both, a new mail, and a web that fails
    await deploying.platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"]))
    await deploying.worker().execute((await deploying.deploy()).run_id)
    await deploying.platform.apply(
        service("redis", image="example/redis:v2"),
        service("cart", needs=["redis"], image="example/cart:v2"),
        service("mail", needs=["cart"]),
        service("web", needs=["mail"], env={"ECHO_FAIL": "no such image"}),
    )
    run_id = (await deploying.deploy(on_failure=OnFailure.ROLLBACK)).run_id
    # when
    worker = deploying.worker("worker-2")
    await worker.execute(run_id)
    # then: the failed run has ended, and another is queued that undoes it
    assert (await deploying.run(run_id))["state"] == "failed"
    [rollback] = await deploying.platform.graph.define(
        f"MATCH (b:Run {{tenant: '{deploying.platform.tenant}'}})-[:ROLLS_BACK]->(:Run {{id: '{run_id}'}}) "
        "RETURN b.id AS id, b.state AS state"
    )
    assert rollback["state"] == "queued"
    with pytest.raises(Conflict, match="is queued: wait"):
        await deploying.deploy()
    # when
    await worker.execute(str(rollback["id"]))
    # then
    assert worker.provider.calls[-4:] == [("delete", "web"), ("delete", "mail"), ("apply", "cart"), ("apply", "redis")]
    rows = await deploying.platform.graph.define(
        f"MATCH (d:Deployment {{tenant: '{deploying.platform.tenant}'}})-[:RUNS]->(v) "
        "RETURN d.service_name AS name, v.image AS image, d.status AS status ORDER BY name"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("cart", "example/cart:v1", "succeeded"),
        ("redis", "example/redis:v1", "succeeded"),
    ]
    assert await deploying.totals(str(rollback["id"])) == ("succeeded", 4, 4, 0, 0)


async def test_a_freeze_does_not_keep_a_rollback_away_and_is_said_in_its_plan(deploying: Deploying) -> None:
    # given: v1 runs, and while v2 fails, a freeze begins
    await deploying.platform.apply(*SHOP, service("cart"))
    await deploying.worker().execute((await deploying.deploy()).run_id)
    await deploying.platform.apply(
        service("cart", image="example/cart:v2"), service("web", needs=["cart"], env={"ECHO_FAIL": "no such image"})
    )
    run_id = (await deploying.deploy(on_failure=OnFailure.ROLLBACK)).run_id
    now = datetime.now(UTC)
    freeze = FreezeSpec("audit", "auditors", now - timedelta(hours=1), now + timedelta(hours=1), projects=("shop",))
    await create_freeze(deploying.platform.change(), freeze)
    # when
    worker = deploying.worker("worker-2")
    await worker.execute(run_id)
    [undoing] = await deploying.platform.graph.define(
        f"MATCH (b:Run {{tenant: '{deploying.platform.tenant}'}})-[:ROLLS_BACK]->(:Run {{id: '{run_id}'}}) "
        "MATCH (b)-[:EXECUTES]->(p:Plan) RETURN b.id AS id, p.id AS plan_id, p.warnings AS warnings"
    )
    await worker.execute(str(undoing["id"]))
    # then it has led back, its plan says what the policy found, and so does the log
    assert await deploying.totals(str(undoing["id"])) == ("succeeded", 2, 2, 0, 0)
    warnings = undoing["warnings"]
    assert isinstance(warnings, list)
    assert [str(one).partition(":")[0] for one in warnings if "freeze-windows" in str(one)] == ["freeze-windows"]
    logged = await deploying.platform.graph.define(
        f"MATCH (d:Decision {{tenant: '{deploying.platform.tenant}', policy: 'freeze-windows'}}) "
        f"WHERE d.about_id = '{undoing['plan_id']}' RETURN d.point AS point, d.verdict AS verdict"
    )
    assert logged == [{"point": "deploy", "verdict": "warn"}]


async def test_only_what_did_not_succeed_is_carried_out_again(deploying: Deploying) -> None:
    # given: a target that is away for the first attempts at cart
    await deploying.platform.apply(
        *SHOP,
        service("redis"),
        service("cart", needs=["redis"], env={"ECHO_FAIL_TIMES": "1"}),
        service("web", needs=["cart"]),
    )
    run_id = (await deploying.deploy()).run_id
    await deploying.worker(settings=WorkerSettings(attempts=1)).execute(run_id)
    assert (await deploying.run(run_id))["state"] == "error"
    # when
    again = await rerun(deploying.platform.change(), deploying.queue, run_id=run_id)
    worker = deploying.worker("worker-2", settings=WorkerSettings(backoff=0.001))
    # then
    assert await worker.execute(again.run_id) is Outcome.FINISHED
    assert worker.provider.names("apply") == ["cart", "cart", "web"]
    assert await deploying.totals(again.run_id) == ("succeeded", 2, 2, 0, 0)
    # when: once more, from cart, although it succeeded
    with pytest.raises(Conflict, match="every step"):
        await rerun(deploying.platform.change(), deploying.queue, run_id=again.run_id)
    third = await rerun(
        deploying.platform.change(), deploying.queue, run_id=again.run_id, from_step="shop/boutique/cart@dev"
    )
    # then
    assert (third.state, (await deploying.run(third.run_id))["total"]) == (RunState.QUEUED, 2)


async def test_a_plan_whose_basis_was_changed_is_not_carried_out_again(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"], env={"ECHO_FAIL": "no"}))
    run_id = (await deploying.deploy()).run_id
    await deploying.worker().execute(run_id)
    await deploying.platform.apply(service("cart", needs=["redis"]))
    before = await deploying.platform.picture()
    # when
    with pytest.raises(StalePlan) as refused:
        await rerun(deploying.platform.change(), deploying.queue, run_id=run_id)
    # then
    assert refused.value.nodes == ("shop/boutique/cart",)
    assert await deploying.platform.picture() == before
