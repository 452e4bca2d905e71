"""A plan as it is stored: the plan, its steps, what it was computed from, and the event that tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.domain import plan_approval
from app.domain.changes import Change, batches
from app.domain.events import Category, EventDraft, Level
from app.domain.plan_changes import lines
from app.domain.plan_impact import Touched
from app.domain.plan_steps import PlanState, Step, StepAction
from app.domain.planning import Proposal
from app.domain.rows import number
from app.errors import Conflict
from app.transactions import Transaction, Value

COST_CHANGE: Final = 0.0
"""What a plan changes of the costs, while nothing has a price."""


async def store(
    change: Change,
    transaction: Transaction,
    plan_id: str,
    proposal: Proposal,
    *,
    reads: Mapping[str, int],
    touched: Touched,
) -> None:
    """Store a plan. Raises Conflict where something that it was computed from is gone."""
    place, counts = proposal.place, proposal.counts
    stored = await transaction.run(
        "plans/create_plan",
        id=plan_id,
        application_id=place.application_id,
        environment_id=place.environment_id,
        digest=proposal.digest,
        state=proposal.state.value,
        provider=place.provider,
        created_by=change.actor.id,
        creates=counts[StepAction.CREATE],
        updates=counts[StepAction.UPDATE],
        replaces=counts[StepAction.REPLACE],
        deletes=counts[StepAction.DELETE],
        no_ops=counts[StepAction.NO_OP],
        blocked=counts[StepAction.BLOCKED],
        waves=proposal.waves,
        acting=proposal.acting,
        reads=len(reads),
        warnings=list(proposal.warnings),
        irreversible=proposal.irreversible,
        cost_change=COST_CHANGE,
        impact=len(touched.services),
        impact_digest=touched.digest,
        approval=plan_approval.needed(proposal).value,
        approval_reasons=list(proposal.approval_reasons),
    )
    ids = {step.key: change.ids.new() for step in proposal.steps}
    services = {step.key: step.service_id for step in proposal.steps}
    steps = [_row(ids[step.key], position, step, services) for position, step in enumerate(proposal.steps)]
    for batch in batches(steps):
        await transaction.run("plans/create_steps", plan_id=plan_id, rows=batch)
    edges: list[Value] = [[ids[step.key], ids[on]] for step in proposal.steps for on in step.requires]
    for group in batches(edges):
        await transaction.run("plans/link_steps", rows=group)
    recorded = 0
    read: list[Value] = [[id, version] for id, version in sorted(reads.items())]
    for some in batches(read):
        recorded += number((await transaction.run("plans/record_reads", plan_id=plan_id, rows=some))[0]["recorded"])
    if not stored or recorded != len(reads):
        raise Conflict("what the plan was computed from was deleted meanwhile; plan again")
    for group_of_ids in batches(touched.ids):
        await transaction.run("plans/record_touched", plan_id=plan_id, ids=list(group_of_ids))
    settled = await plan_approval.settle(change, transaction, plan_id, proposal)
    await change.record(transaction, [_event(change, plan_id, proposal), *settled])


def _row(id: str, position: int, step: Step, services: Mapping[str, str]) -> dict[str, Value]:
    said = lines(step.changes)
    return {
        "id": id,
        "key": step.key,
        "position": position,
        "wave": step.wave,
        "action": step.action.value,
        "kind": step.kind,
        "service_id": step.service_id,
        "service_name": step.service_name,
        "version_id": step.version_id,
        "image": step.image,
        "provider": step.provider,
        "previous_provider": step.previous_provider,
        "depends_on": list(step.hard),
        "waiting_on": [services[key] for key in step.requires],
        "before": list(said.before),
        "after": list(said.after),
        "sensitive": list(said.sensitive),
        "unknown": list(said.unknown),
        "irreversible": step.irreversible,
        "policy": step.policy,
        "reason": step.reason,
        "path": list(step.path),
        "path_edges": list(step.path_edges),
    }


def _event(change: Change, plan_id: str, proposal: Proposal) -> EventDraft:
    place = proposal.place
    counts = {action.value: count for action, count in proposal.counts.items() if count}
    said = ", ".join(f"{count} {action}" for action, count in counts.items()) or "nothing"
    blocked = proposal.state is PlanState.BLOCKED
    return EventDraft(
        type="plan.created",
        category=Category.PLAN,
        level=Level.WARNING if blocked else Level.INFO,
        subject=plan_id,
        subject_label="Plan",
        subject_version=1,
        actor=change.actor.id,
        correlation_id=change.correlation_id,
        message=f"Plan of {place.application_id} in {place.environment_id} is {proposal.state}: {said}",
        application_id=place.application_id,
        environment_id=place.environment_id,
        data={
            "before": None,
            "after": {
                "digest": proposal.digest,
                "state": proposal.state.value,
                "provider": place.provider,
                "waves": proposal.waves,
                "counts": counts,
                "warnings": proposal.warnings,
                "approval": plan_approval.needed(proposal).value,
                "approvalReasons": proposal.approval_reasons,
                "blocked": [
                    {"step": step.key, "policy": step.policy, "reason": step.reason, "path": step.path}
                    for step in proposal.steps
                    if step.action is StepAction.BLOCKED
                ][:100],
            },
        },
    )
