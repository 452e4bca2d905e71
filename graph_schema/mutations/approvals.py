"""Mutations that decide on plans."""

from typing import Annotated

import strawberry

from app.domain import plan_approval
from app.domain.plan_steps import PlanApproval
from graph_schema.mutations.answers import Asked, attempt, change_of, mutation, node_shown
from graph_schema.plans import Plan
from graph_schema.problems import Problem


@strawberry.input(description="A decision on a plan.")
class PlanDecisionInput:
    """A decision on a plan."""

    plan: strawberry.ID = strawberry.field(description="The plan's id.")
    digest: str = strawberry.field(
        description="The plan's digest as it was looked at: the decision is about this content and no other."
    )
    comment: str = strawberry.field(
        default="", description=f"Why, for people; at most {plan_approval.LONGEST_COMMENT:,} characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Your own key of 1 to 200 characters: a repeat with the same key gives the first answer again.",
    )


@strawberry.type(description="A plan that was decided on, or why it was not.")
class PlanDecisionPayload:
    """A plan that was decided on, or why it was not."""

    plan: Plan | None = strawberry.field(description="The plan as it is now; null where the decision was refused.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


Decision = Annotated[PlanDecisionInput, strawberry.argument(description="The plan, its digest, and why.")]


async def _decided(info: Asked, input: PlanDecisionInput, verdict: PlanApproval) -> PlanDecisionPayload:
    work = plan_approval.decide(
        change_of(info),
        plan_id=input.plan,
        digest=input.digest,
        verdict=verdict,
        comment=input.comment,
        idempotency_key=input.idempotency_key,
    )
    id, problems = await attempt(work)
    node = await node_shown(info, Plan, id, field="plan")
    return PlanDecisionPayload(plan=node, problems=problems)


@strawberry.type
class ApprovalMutations:
    """Mutations that decide on plans."""

    @mutation(
        description="Agree to what a plan says: for people of the owning team who may approve, never for who asked."
    )
    async def approve_plan(self, info: Asked, input: Decision) -> PlanDecisionPayload:
        """Agree to what a plan says."""
        return await _decided(info, input, PlanApproval.GRANTED)

    @mutation(description="Say no to what a plan says, also after somebody has agreed. It can then not be carried out.")
    async def reject_plan(self, info: Asked, input: Decision) -> PlanDecisionPayload:
        """Say no to what a plan says."""
        return await _decided(info, input, PlanApproval.REJECTED)
