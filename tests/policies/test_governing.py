"""Administrators choose how policies apply; exceptions and freezes hold for their time and are seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from app.domain import declared
from app.domain.access import Action, Actor, Role
from app.domain.plans import Planned, create_plan
from app.domain.policies import Enforcement
from app.domain.policies.assigning import Assignment, ExceptionGrant, assign, grant, revoke
from app.domain.policies.freezing import FreezeSpec, create_freeze
from app.domain.policies.library import known
from app.domain.runs import RunState, create_run
from app.errors import Forbidden, InvalidInput, NotFound, Refusal
from app.transactions import Row
from tests.clocks import HandClock
from tests.http.caller import Caller
from tests.platform import SHOP, Platform, environment, service
from tests.runs.deploying import RecordingQueue
from workers.housekeeping import Housekeeping

BOUTIQUE, PRODUCTION = "shop/boutique", "shop@prod"
SOON, LATER = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) + timedelta(hours=2)


async def unpinned(platform: Platform) -> None:
    """A service whose image production must not run."""
    await platform.apply(*SHOP, environment("prod", stage="production"), service("cart", image="example/cart:latest"))


async def planned(platform: Platform) -> Planned:
    """The boutique's plan in production."""
    return await create_plan(platform.change(), application_id=BOUTIQUE, environment_id=PRODUCTION)


async def last_event(platform: Platform) -> tuple[object, object, object]:
    """Type, subject and data of the newest event."""
    event = (await platform.events())[-1]
    return event["type"], event["subject"], orjson.loads(str(event["data"]))


async def last_decision(platform: Platform, policy: str) -> Row:
    """What a policy said last."""
    rows = await platform.graph.define(
        f"MATCH (d:Decision {{tenant: '{platform.tenant}', policy: '{policy}'}}) "
        "RETURN d.verdict AS verdict, d.excepted AS excepted, d.excepted_count AS excepted_count, "
        "d.about_id AS about ORDER BY d.id DESC LIMIT 1"
    )
    return rows[0]


async def test_a_project_can_be_less_strict_than_all_others(platform: Platform) -> None:
    # given
    await unpinned(platform)
    await assign(platform.change(), Assignment("pinned-images", None, Enforcement.DENY))
    # when
    await assign(platform.change(), Assignment("pinned-images", "shop", Enforcement.WARN))
    # then
    assert await last_event(platform) == (
        "policy.set",
        "policy:pinned-images",
        {
            "project": "shop",
            "before": {"enforcement": None, "parameters": []},
            "after": {"enforcement": "warn", "parameters": []},
        },
    )
    made = await planned(platform)
    assert made.proposal.state == "ready"
    assert any(warning.startswith("pinned-images: cart would run") for warning in made.proposal.warnings)


async def test_a_parameter_that_was_set_is_what_the_policy_is_asked_with(platform: Platform) -> None:
    # given
    await unpinned(platform)
    wanted = Assignment("pinned-images", "shop", None, [("stages", "staging, development")])
    # when
    await assign(platform.change(), wanted)
    events = len(await platform.events())
    await assign(platform.change(), wanted)
    # then
    assert len(await platform.events()) == events
    assert (await planned(platform)).proposal.state == "ready"


@pytest.mark.parametrize(
    ("wanted", "role", "refusal"),
    [
        (Assignment("moon", None, Enforcement.WARN), Role.ADMIN, NotFound),
        (Assignment("pinned-images", "moon", Enforcement.WARN), Role.ADMIN, NotFound),
        (Assignment("pinned-images", None, None, [("moon", "1")]), Role.ADMIN, InvalidInput),
        (Assignment("replicas-in-production", None, None, [("least", "many")]), Role.ADMIN, InvalidInput),
        (Assignment("replicas-in-production", None, None, [("least", "0")]), Role.ADMIN, InvalidInput),
        (Assignment("pinned-images", None, Enforcement.OFF), Role.DEVELOPER, Forbidden),
    ],
)
async def test_what_cannot_be_set_changes_nothing(
    platform: Platform, wanted: Assignment, role: Role, refusal: type[Refusal]
) -> None:
    # given
    before = await platform.picture(), await platform.events()
    # when
    with pytest.raises(refusal):
        await assign(platform.change(role=role), wanted)
    # then
    assert (await platform.picture(), await platform.events()) == before


async def test_an_exception_lets_through_until_it_lapses_with_an_event(platform: Platform) -> None:
    # given
    await unpinned(platform)
    await grant(platform.change(), ExceptionGrant("pinned-images", BOUTIQUE, "shop team", "vendor's image", SOON))
    # when it stands
    made = await planned(platform)
    # then
    assert made.proposal.state == "ready"
    decision = await last_decision(platform, "pinned-images")
    assert (decision["verdict"], decision["excepted"], decision["excepted_count"]) == (
        "allow",
        [f"{BOUTIQUE}/cart"],
        1,
    )
    # when its time has come
    clock = HandClock(SOON)
    await Housekeeping(platform.graph, clock, tenants=[], doorbell=platform.doorbell).look(platform.tenant)
    # then
    type, subject, data = await last_event(platform)
    assert (type, subject) == ("policy.exception-lapsed", "policy:pinned-images")
    assert isinstance(data, dict)
    assert (data["before"]["node"], data["before"]["owner"], data["after"]) == (BOUTIQUE, "shop team", None)
    assert (await planned(platform)).proposal.state == "blocked"


async def test_an_exception_can_be_taken_back(platform: Platform) -> None:
    # given
    await unpinned(platform)
    await grant(platform.change(), ExceptionGrant("pinned-images", "shop", "shop team", "vendor's image", SOON))
    # when
    await revoke(platform.change(), "pinned-images", "shop")
    # then
    assert (await planned(platform)).proposal.state == "blocked"
    assert (await last_event(platform))[0] == "plan.created"
    with pytest.raises(NotFound):
        await revoke(platform.change(), "pinned-images", "shop")


@pytest.mark.parametrize(
    ("wanted", "role", "refusal"),
    [
        (ExceptionGrant("pinned-images", "shop", " ", "why", SOON), Role.ADMIN, InvalidInput),
        (ExceptionGrant("pinned-images", "shop", "who", "", SOON), Role.ADMIN, InvalidInput),
        (ExceptionGrant("pinned-images", "shop", "who", "why", SOON - timedelta(days=1)), Role.ADMIN, InvalidInput),
        (ExceptionGrant("pinned-images", "moon", "who", "why", SOON), Role.ADMIN, NotFound),
        (ExceptionGrant("pinned-images", "shop", "who", "why", SOON), Role.DEVELOPER, Forbidden),
    ],
)
async def test_an_exception_needs_owner_reason_and_an_end(
    platform: Platform, wanted: ExceptionGrant, role: Role, refusal: type[Refusal]
) -> None:
    # given
    await platform.apply(*SHOP)
    before = await platform.picture(), await platform.events()
    # when
    with pytest.raises(refusal):
        await grant(platform.change(role=role), wanted)
    # then
    assert (await platform.picture(), await platform.events()) == before


async def test_a_freeze_denies_deployments_but_to_who_breaks_the_glass_and_says_why(platform: Platform) -> None:
    # given
    queue = RecordingQueue()
    await platform.apply(*SHOP, environment("prod", stage="production"), service("cart"))
    began = datetime.now(UTC) - timedelta(hours=1)
    await create_freeze(platform.change(), FreezeSpec("audit", "auditors are here", began, LATER, projects=("shop",)))
    plan_id = (await planned(platform)).id
    # when a developer deploys
    denied = await create_run(platform.change(role=Role.DEVELOPER), queue, plan_id=plan_id, idempotency_key="once")
    again = await create_run(platform.change(role=Role.DEVELOPER), queue, plan_id=plan_id, idempotency_key="once")
    # then it is denied by a named way, logged, and nothing is rung for
    assert denied.state is RunState.DENIED
    [violation] = denied.violations
    assert [node.id for node in violation.nodes] == ["freeze:audit", "shop", PRODUCTION]
    assert violation.edges == ("FREEZES", "HAS_ENVIRONMENT")
    assert violation.message.endswith("auditors are here")
    assert queue.rung == []
    assert (await last_decision(platform, "freeze-windows"))["about"] == denied.run_id
    assert [(one.policy, one.decision) for one in again.violations] == [("freeze-windows", violation.decision)]
    # when somebody who may not break the glass tries to
    with pytest.raises(Forbidden):
        await create_run(platform.change(role=Role.DEVELOPER), queue, plan_id=plan_id, break_glass="the shop is down")
    with pytest.raises(InvalidInput):
        await create_run(platform.change(role=Role.ADMIN), queue, plan_id=plan_id, break_glass=" ")
    # when somebody who may does
    run = await create_run(platform.change(role=Role.ADMIN), queue, plan_id=plan_id, break_glass="the shop is down")
    # then it goes on, and an event of security says who and why
    assert run.state is RunState.QUEUED
    assert len(queue.rung) == 1
    rows = await platform.graph.define(
        f"MATCH (e:Event {{tenant: '{platform.tenant}', type: 'run.broke-glass'}}) "
        "RETURN e.category AS category, e.actor AS actor, e.subject AS subject, e.data AS data"
    )
    [event] = rows
    assert (event["category"], event["actor"], event["subject"]) == ("security", "user:admin", run.run_id)
    assert orjson.loads(str(event["data"]))["reason"] == "the shop is down"


async def test_a_freeze_ends_when_it_is_deleted_and_only_administrators_make_or_delete_one(platform: Platform) -> None:
    # given
    queue = RecordingQueue()
    await platform.apply(*SHOP, environment("prod", stage="production"), service("cart"))
    began = datetime.now(UTC) - timedelta(hours=1)
    spec = FreezeSpec("audit", "auditors are here", began, LATER, environments=(PRODUCTION,))
    with pytest.raises(Forbidden):
        await create_freeze(platform.change(role=Role.DEVELOPER), spec)
    freeze = await create_freeze(platform.change(), spec)
    with pytest.raises(Forbidden):
        await declared.delete(platform.change(role=Role.DEVELOPER), "Freeze", id=freeze, action=Action.ADMINISTER)
    # when
    await declared.delete(platform.change(), "Freeze", id=freeze, action=Action.ADMINISTER)
    # then
    run = await create_run(platform.change(), queue, plan_id=(await planned(platform)).id)
    assert run.state is RunState.QUEUED


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (FreezeSpec("f", " ", SOON, LATER, ("shop",)), "reason"),
        (FreezeSpec("f", "why", LATER, SOON, ("shop",)), "until"),
        (FreezeSpec("f", "why", SOON.replace(tzinfo=None), LATER, ("shop",)), "from"),
        (FreezeSpec("f", "why", SOON, LATER), "environments"),
    ],
)
async def test_a_freeze_needs_a_reason_an_order_and_something_to_freeze(
    platform: Platform, spec: FreezeSpec, field: str
) -> None:
    # given
    before = await platform.picture(), await platform.events()
    # when
    with pytest.raises(InvalidInput) as refused:
        await create_freeze(platform.change(), spec)
    # then
    assert refused.value.field == field
    assert (await platform.picture(), await platform.events()) == before


async def test_old_decisions_are_forgotten(platform: Platform) -> None:
    # given
    await unpinned(platform)
    await planned(platform)
    await platform.graph.define(
        f"MATCH (d:Decision {{tenant: '{platform.tenant}', policy: 'pinned-images'}}) "
        "SET d.at = datetime() - duration({days: 91})"
    )
    # when
    clock = HandClock(datetime.now(UTC))
    await Housekeeping(platform.graph, clock, tenants=[], doorbell=platform.doorbell).look(platform.tenant)
    # then
    rows = await platform.graph.define(
        f"MATCH (d:Decision {{tenant: '{platform.tenant}'}}) RETURN collect(DISTINCT d.policy) AS policies"
    )
    left = rows[0]["policies"]
    assert isinstance(left, list)
    assert "pinned-images" not in left
    assert "resource-limits" in left


async def test_a_policy_that_nobody_has_set_is_shown_with_nothing_set(platform: Platform) -> None:
    # given a tenant whose policies are as they came
    viewer = Actor(id="user:viewer", tenant=platform.tenant, name="viewer", role=Role.VIEWER)
    # when all that is declared of them is read
    answer = await Caller(platform, viewer).ask(
        "{ policies(first: 100) { nodes { name setEnforcement setParameters parameters points links } } }"
    )
    # then each has every list, and nothing is set
    assert "errors" not in answer.json()
    found = answer.json()["data"]["policies"]["nodes"]
    assert len(found) == len(known())
    assert {(each["setEnforcement"], tuple(each["setParameters"])) for each in found} == {(None, ())}
