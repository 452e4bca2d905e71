"""Approval: who agrees to a plan agrees to its content, by its digest; another content needs another approval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.domain import idempotency, names, policies
from app.domain.access import Action, Role, require, roles_that_may
from app.domain.changes import Change
from app.domain.events import Category, EventDraft, Level
from app.domain.plan_steps import PlanApproval
from app.domain.planning import Proposal
from app.domain.policies import Point
from app.domain.rows import number, texts
from app.errors import ApprovalRequired, Conflict, Forbidden, InvalidInput, NotFound
from app.transactions import Row, Transaction, Value

LONGEST_COMMENT: Final = 2_000
_ENDS: Final[dict[PlanApproval, tuple[PlanApproval, ...]]] = {
    PlanApproval.GRANTED: (PlanApproval.REQUIRED,),
    PlanApproval.REJECTED: (PlanApproval.REQUIRED, PlanApproval.GRANTED),
}
_NAMED: Final = 5


async def decide(
    change: Change,
    *,
    plan_id: str,
    digest: str,
    verdict: PlanApproval,
    comment: str = "",
    idempotency_key: str | None = None,
) -> str:
    """Agree to a plan, or say no; the answer is its id. `verdict` is GRANTED or REJECTED.

    The decision is about the digest: every plan of the same content in the same place has it. `comment` is for people,
    at most 2,000 characters. Raises NotFound, Conflict (another digest; no approval is needed; decided already),
    Forbidden (not one of the approvers, or who asked for the plan), InvalidInput, PolicyDenied (a policy on approvals
    denies what is agreed to; a no is never asked about).
    """
    require(change.actor, Action.APPROVE)
    if len(comment) > LONGEST_COMMENT:
        raise InvalidInput(f"a comment has at most {LONGEST_COMMENT} characters", "comment")
    request = idempotency.request(
        change.actor, "decide_plan", idempotency_key, content=[plan_id, digest, verdict.value, comment]
    )
    approval_id = change.ids.new()

    async def work(transaction: Transaction) -> str:
        rows = await transaction.run("runs/lock_plan", plan_id=plan_id, operation=transaction.operation.id)
        if not rows:
            raise NotFound(f"there is no Plan {plan_id[:100]}", "plan")
        if request is not None and (answer := await request.answered(transaction)) is not None:
            return answer
        plan = rows[0]
        _refuse_other(plan, digest, verdict)
        await _refuse_stranger(change, transaction, plan_id, plan)
        if verdict is PlanApproval.GRANTED:
            await _ask_policies(change, transaction, plan_id, plan)
        recorded = await transaction.run(
            "plans/record_decision",
            id=approval_id,
            plan_id=plan_id,
            application_id=plan["application_id"],
            environment_id=plan["environment_id"],
            digest=digest,
            verdict=verdict.value,
            **{"from": [state.value for state in _ENDS[verdict]]},
            by=change.actor.id,
            comment=comment,
        )
        if not recorded:
            raise Forbidden(f"{change.actor.name} is no user of this tenant any more")
        version = number(recorded[0]["version"])
        await change.record(transaction, [_decided(change, plan_id, plan, verdict, comment=comment, version=version)])
        if request is not None:
            await request.keep(transaction, plan_id)
        return plan_id

    return await change.commit("decide_plan", work, action=Action.APPROVE)


def refuse_unapproved(plan_id: str, plan: Row) -> None:
    """Return where a locked plan may be carried out; raises ApprovalRequired otherwise."""
    state = PlanApproval(str(plan["approval"]))
    if state in (PlanApproval.NONE, PlanApproval.GRANTED):
        return
    reasons = texts(plan["approval_reasons"])
    said = "was rejected" if state is PlanApproval.REJECTED else "needs an approval by somebody else"
    raise ApprovalRequired(
        f"plan {plan_id} {said}: {'; '.join(reasons)}",
        plan=plan_id,
        digest=str(plan["digest"]),
        reasons=reasons,
        field="plan",
    )


def needed(proposal: Proposal) -> PlanApproval:
    """Whether a computed plan needs an approval."""
    return PlanApproval.REQUIRED if proposal.approval_reasons else PlanApproval.NONE


async def settle(change: Change, transaction: Transaction, plan_id: str, proposal: Proposal) -> list[EventDraft]:
    """After a plan was stored: an approval of the same digest stands for it, those of another are taken back.

    Returns what there is to tell.
    """
    place = proposal.place
    where = {"application_id": place.application_id, "environment_id": place.environment_id}
    voided = await transaction.run("plans/void_approvals", digest=proposal.digest, **where)
    drafts = [
        _event(
            change,
            "plan.approval.voided",
            plan,
            where,
            message=f"The approval of plan {plan} by {row['by']} is void: {place.application_id} in"
            f" {place.environment_id} is planned otherwise now",
            level=Level.WARNING,
            data={"before": {"digest": row["digest"], "by": row["by"]}, "after": {"digest": proposal.digest}},
        )
        for row in voided
        for plan in texts(row["plan_ids"])
    ]
    if needed(proposal) is PlanApproval.NONE:
        return drafts
    approvers = await _approvers(transaction, plan_id)
    if approvers:
        await transaction.run("plans/ask_approvers", plan_id=plan_id, ids=[str(row["id"]) for row in approvers])
    kept = await transaction.run(
        "plans/keep_approval", plan_id=plan_id, digest=proposal.digest, created_by=change.actor.id, **where
    )
    drafts += [
        _event(
            change,
            "plan.approval.kept",
            plan_id,
            where,
            message=f"Plan {plan_id} has the approval by {row['by']}: it is the same as what was approved",
            data={"before": None, "after": {"digest": proposal.digest, "by": row["by"], "approval": row["id"]}},
        )
        for row in kept
    ]
    return drafts


async def _approvers(transaction: Transaction, plan_id: str) -> Sequence[Row]:
    return await transaction.run(
        "plans/find_approvers",
        plan_id=plan_id,
        roles=sorted(role.value for role in roles_that_may(Action.APPROVE)),
        everywhere=Role.SUPER_ADMIN.value,
    )


def _refuse_other(plan: Row, digest: str, verdict: PlanApproval) -> None:
    if plan["digest"] != digest:
        raise Conflict(f"the plan's digest is {plan['digest']}, not {digest[:100]}: look at the plan again", "digest")
    state = PlanApproval(str(plan["approval"]))
    if state in _ENDS[verdict]:
        return
    said = {
        PlanApproval.NONE: "the plan needs no approval",
        PlanApproval.REQUIRED: "the plan was not decided on",
        PlanApproval.GRANTED: "the plan is approved already",
        PlanApproval.REJECTED: "the plan was rejected: plan again",
    }
    raise Conflict(said[state], "plan")


async def _refuse_stranger(change: Change, transaction: Transaction, plan_id: str, plan: Row) -> None:
    if plan["created_by"] == change.actor.id:
        raise Forbidden("who asked for a plan cannot decide on it: somebody else has to", "plan")
    approvers = await _approvers(transaction, plan_id)
    if change.actor.id not in {row["id"] for row in approvers}:
        asking = [str(row["name"]) for row in approvers]
        more = " and others" if len(asking) > _NAMED else ""
        asked = f"ask {', '.join(asking[:_NAMED])}{more}" if asking else "nobody may so far"
        raise Forbidden(f"{change.actor.name} may not decide on this plan: {asked}", "plan")


async def _ask_policies(change: Change, transaction: Transaction, plan_id: str, plan: Row) -> None:
    environment_id = str(plan["environment_id"])
    decisions = await policies.decide(
        transaction,
        Point.APPROVE,
        {"application_id": plan["application_id"], "environment_id": environment_id},
        project_id=names.parse_environment_id(environment_id).project,
    )
    if policies.denied(policies.findings_of(decisions)):
        raise policies.denials(decisions, about=plan_id, field="plan")
    await policies.record(transaction, decisions, ids=change.ids, about=plan_id, actor=change.actor.id)


def _decided(
    change: Change, plan_id: str, plan: Row, verdict: PlanApproval, *, comment: str, version: int
) -> EventDraft:
    granted = verdict is PlanApproval.GRANTED
    where = {"application_id": str(plan["application_id"]), "environment_id": str(plan["environment_id"])}
    return _event(
        change,
        "plan.approved" if granted else "plan.rejected",
        plan_id,
        where,
        message=f"Plan {plan_id} of {where['application_id']} in {where['environment_id']} was"
        f" {'approved' if granted else 'rejected'} by {change.actor.name}",
        level=Level.INFO if granted else Level.WARNING,
        version=version,
        data={
            "before": {"approval": plan["approval"]},
            "after": {
                "approval": verdict.value,
                "digest": plan["digest"],
                "by": change.actor.id,
                "comment": comment,
                "reasons": plan["approval_reasons"],
            },
        },
    )


def _event(
    change: Change,
    type: str,
    plan_id: str,
    where: dict[str, str],
    *,
    message: str,
    data: dict[str, Value],
    level: Level = Level.INFO,
    version: int | None = None,
) -> EventDraft:
    return EventDraft(
        type=type,
        category=Category.PLAN,
        level=level,
        subject=plan_id,
        subject_label="Plan",
        subject_version=version,
        actor=change.actor.id,
        correlation_id=change.correlation_id,
        message=message,
        application_id=where["application_id"],
        environment_id=where["environment_id"],
        data=data,
    )
