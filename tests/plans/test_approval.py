"""Approval: bound to what a plan says, given by somebody else whom the graph names, asked for before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.domain.access import Role
from app.domain.plan_approval import decide
from app.domain.plan_steps import PlanApproval
from app.domain.plans import create_plan
from app.domain.policies import Enforcement, Point, deciding, known
from app.domain.policies.assigning import Assignment, assign
from app.domain.runs import RunState, create_run
from app.errors import ApprovalRequired, Conflict, Forbidden, InvalidInput, NotFound, PolicyDenied, Refusal, StalePlan
from tests.plans.approving import REASON, acting, hire, plan_of, wanting_approval
from tests.platform import SHOP, Platform, application, environment, service
from tests.runs.deploying import RecordingQueue

APPLICATION, ENVIRONMENT = "shop/boutique", "shop@dev"


@pytest.fixture(autouse=True)
def asking() -> Iterator[None]:
    """What becomes of the cart needs an approval."""
    with wanting_approval("shop/boutique/cart"):
        yield


async def planned(platform: Platform, name: str = "admin") -> tuple[str, str]:
    """A plan by somebody: its id and digest."""
    made = await create_plan(acting(platform, name), application_id=APPLICATION, environment_id=ENVIRONMENT)
    return made.id, made.proposal.digest


async def approve(platform: Platform, name: str, plan_id: str, digest: str) -> str:
    """Let somebody agree."""
    return await decide(acting(platform, name), plan_id=plan_id, digest=digest, verdict=PlanApproval.GRANTED)


async def everything(platform: Platform, queue: RecordingQueue) -> object:
    """What a refusal must leave as it is."""
    return await platform.picture(), await platform.events(), list(queue.rung)


async def test_a_plan_says_why_somebody_has_to_agree_and_who_may(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"), service("mail"))
    await hire(platform, "lead", Role.ADMIN)
    await hire(platform, "dev", Role.DEVELOPER)
    await hire(platform, "stranger", Role.ADMIN, team="team:other")
    # when
    plan_id, _ = await planned(platform)
    # then neither who asked, nor who may not approve, nor who is of another team
    found = await plan_of(platform, plan_id)
    assert (found["approval"], found["reasons"]) == ("required", [f"ask-first: {REASON}"])
    assert (found["approvers"], found["given"], found["version"]) == (["user:lead"], [], 1)


async def test_a_policy_may_ask_because_of_what_is_no_service_of_the_plan(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("mail"))
    with wanting_approval("shop@dev"):
        # when
        plan_id, _ = await planned(platform)
    # then
    assert (await plan_of(platform, plan_id))["approval"] == "required"


async def test_a_plan_runs_once_somebody_else_has_agreed(platform: Platform) -> None:
    # given
    queue = RecordingQueue()
    await platform.apply(*SHOP, service("cart"))
    await hire(platform, "lead", Role.ADMIN)
    plan_id, digest = await planned(platform)
    before = await everything(platform, queue)
    # when
    with pytest.raises(ApprovalRequired) as refused:
        await create_run(platform.change(), queue, plan_id=plan_id)
    # then nothing has happened
    assert (refused.value.plan, refused.value.digest) == (plan_id, digest)
    assert refused.value.reasons == (f"ask-first: {REASON}",)
    assert await everything(platform, queue) == before
    # when
    await approve(platform, "lead", plan_id, digest)
    # then
    found = await plan_of(platform, plan_id)
    assert (found["approval"], found["given"], found["version"]) == ("granted", ["user:lead granted"], 2)
    assert [event["type"] for event in await platform.events()][-1] == "plan.approved"
    assert (await create_run(platform.change(), queue, plan_id=plan_id)).state is RunState.QUEUED


async def test_whoever_may_not_decide_changes_nothing(platform: Platform) -> None:
    # given
    queue = RecordingQueue()
    await platform.apply(*SHOP, service("cart"))
    await hire(platform, "lead", Role.ADMIN)
    await hire(platform, "stranger", Role.ADMIN, team="team:other")
    plan_id, digest = await planned(platform, "lead")
    before = await everything(platform, queue)
    attempts: list[tuple[str, Role, str, str, type[Refusal], str]] = [
        ("lead", Role.ADMIN, plan_id, digest, Forbidden, "who asked for a plan cannot decide on it"),
        ("stranger", Role.ADMIN, plan_id, digest, Forbidden, "may not decide on this plan: ask admin"),
        ("admin", Role.DEVELOPER, plan_id, digest, Forbidden, "may not approve"),
        ("admin", Role.SUPER_ADMIN, plan_id, "0" * 64, Conflict, "look at the plan again"),
        ("admin", Role.SUPER_ADMIN, "no-plan", digest, NotFound, "there is no Plan no-plan"),
    ]
    for name, role, id, said, refusal, why in attempts:
        # when
        with pytest.raises(refusal, match=why):
            await decide(acting(platform, name, role), plan_id=id, digest=said, verdict=PlanApproval.GRANTED)
    with pytest.raises(InvalidInput):
        await decide(
            acting(platform, "admin"), plan_id=plan_id, digest=digest, verdict=PlanApproval.GRANTED, comment="x" * 2001
        )
    # then
    assert await everything(platform, queue) == before


async def test_a_new_plan_that_says_the_same_has_the_approval_and_its_giver_cannot_use_it(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    await hire(platform, "lead", Role.ADMIN)
    plan_id, digest = await planned(platform)
    await approve(platform, "lead", plan_id, digest)
    # when
    again, same = await planned(platform)
    own, _ = await planned(platform, "lead")
    # then
    assert same == digest
    found = await plan_of(platform, again)
    assert (found["approval"], found["given"]) == ("granted", ["user:lead granted"])
    assert (await plan_of(platform, own))["approval"] == "required"


async def test_a_plan_that_says_something_else_voids_the_approval_and_tells(platform: Platform) -> None:
    # given
    queue = RecordingQueue()
    await platform.apply(*SHOP, service("cart"))
    await hire(platform, "lead", Role.ADMIN)
    first, digest = await planned(platform)
    await approve(platform, "lead", first, digest)
    # when
    await platform.apply(service("cart", image="example/cart:v2"))
    second, other = await planned(platform)
    # then
    assert other != digest
    found = await plan_of(platform, first)
    assert (found["approval"], found["given"]) == ("required", ["user:lead granted void"])
    voided = [event for event in await platform.events() if event["type"] == "plan.approval.voided"]
    assert [event["subject"] for event in voided] == [first]
    # and another plan than the approved one is refused, with either digest
    with pytest.raises(ApprovalRequired):
        await create_run(platform.change(), queue, plan_id=second)
    with pytest.raises(Conflict, match="look at the plan again"):
        await approve(platform, "lead", second, digest)
    assert queue.rung == []


async def test_a_no_ends_what_others_agreed_to(platform: Platform) -> None:
    # given
    queue = RecordingQueue()
    await platform.apply(*SHOP, service("cart"))
    await hire(platform, "lead", Role.ADMIN)
    await hire(platform, "chief", Role.ADMIN)
    plan_id, digest = await planned(platform)
    twin, _ = await planned(platform)
    await approve(platform, "lead", plan_id, digest)
    # when
    change = acting(platform, "chief")
    await decide(change, plan_id=plan_id, digest=digest, verdict=PlanApproval.REJECTED, comment="not today")
    # then
    for id in (plan_id, twin):
        found = await plan_of(platform, id)
        assert (found["approval"], found["given"]) == ("rejected", ["user:lead granted void", "user:chief rejected"])
        with pytest.raises(ApprovalRequired, match="was rejected"):
            await create_run(platform.change(), queue, plan_id=id)
    with pytest.raises(Conflict, match="plan again"):
        await approve(platform, "lead", plan_id, digest)
    # and a new plan of the same can be decided on anew
    assert (await plan_of(platform, (await planned(platform))[0]))["approval"] == "required"


async def test_a_policy_on_approvals_keeps_somebody_from_agreeing(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a policy that is asked when a plan is approved, and only then
    [pinned] = [policy for policy in known() if policy.name == "pinned-images"]
    bound = pinned.model_copy(update={"points": [Point.APPROVE]})
    monkeypatch.setattr(deciding, "known", lambda: (bound,))
    queue = RecordingQueue()
    await platform.apply(*SHOP, service("cart", image="example/cart:latest"))
    await hire(platform, "lead", Role.ADMIN)
    strict = Assignment("pinned-images", "shop", Enforcement.DENY, [("stages", "development")])
    await assign(platform.change(), strict)
    plan_id, digest = await planned(platform)
    before = await plan_of(platform, plan_id), await platform.events(), queue.rung
    # when
    with pytest.raises(PolicyDenied) as refused:
        await approve(platform, "lead", plan_id, digest)
    # then it is said why, the decision is logged, and nothing has changed
    [violation] = refused.value.violations
    assert (violation.policy, [node.id for node in violation.nodes][1]) == ("pinned-images", "shop/boutique/cart")
    assert violation.decision is not None
    assert (await plan_of(platform, plan_id), await platform.events(), queue.rung) == before
    # and where the policy only warns, somebody can agree
    await assign(platform.change(), Assignment("pinned-images", "shop", Enforcement.WARN, strict.parameters))
    await approve(platform, "lead", plan_id, digest)
    assert (await plan_of(platform, plan_id))["approval"] == "granted"


async def test_an_approved_plan_is_stale_once_what_it_read_moved_and_not_by_anything_else(platform: Platform) -> None:
    # given two applications, each with an approved plan
    queue = RecordingQueue()
    await platform.apply(*SHOP, service("cart"), service("mail"), application("bank"))
    await hire(platform, "lead", Role.ADMIN)
    plan_id, digest = await planned(platform)
    await approve(platform, "lead", plan_id, digest)
    # when something else changes: a service of another application, the team, another environment
    await platform.apply(service("ledger", application="bank"), environment("test"))
    await hire(platform, "dev", Role.DEVELOPER)
    before = await everything(platform, queue)
    # and then one of its nodes
    await platform.apply(service("mail", replicas=2))
    moved = await everything(platform, queue)
    with pytest.raises(StalePlan) as refused:
        await create_run(platform.change(), queue, plan_id=plan_id)
    # then it is stale by that node's name, and nothing has happened
    assert list(refused.value.nodes) == ["shop/boutique/mail"]
    assert await everything(platform, queue) == moved != before
    # when that is taken back and planned, which is the same content and so approved, and others change meanwhile
    await platform.apply(service("mail"))
    again, same = await planned(platform)
    assert (same, (await plan_of(platform, again))["approval"]) == (digest, "granted")
    await platform.apply(service("ledger", application="bank", replicas=3), environment("test", stage="staging"))
    # then it is carried out
    assert (await create_run(platform.change(), queue, plan_id=again)).state is RunState.QUEUED


async def test_the_approval_of_one_application_is_none_of_another(platform: Platform) -> None:
    # given two applications with services of the same name and content, and a plan of the first that is approved
    queue = RecordingQueue()
    await platform.apply(*SHOP, application("bank"), service("cart"), service("cart", application="bank"))
    await hire(platform, "lead", Role.ADMIN)
    with wanting_approval("shop/bank/cart"):
        first, digest = await planned(platform)
        await approve(platform, "lead", first, digest)
        second = await create_plan(platform.change(), application_id="shop/bank", environment_id=ENVIRONMENT)
    before = await everything(platform, queue)
    # when the second is to be carried out, and when it is approved by the digest of the first
    with pytest.raises(ApprovalRequired) as refused:
        await create_run(platform.change(), queue, plan_id=second.id)
    with pytest.raises(Conflict, match="look at the plan again"):
        await approve(platform, "lead", second.id, digest)
    # then neither happens
    assert (refused.value.plan, refused.value.digest) == (second.id, second.proposal.digest)
    assert second.proposal.digest != digest
    assert await everything(platform, queue) == before
    assert (await plan_of(platform, second.id))["approval"] == "required"
