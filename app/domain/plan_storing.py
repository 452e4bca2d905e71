"""A plan as it is stored: the plan, its steps, what it was computed from, and the event that tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from app.domain import ahead, plan_approval
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
    recorded = await _store_steps(change, transaction, plan_id, proposal, reads=reads)
    if not stored or recorded != len(reads):
        raise Conflict("what the plan was computed from was deleted meanwhile; plan again")
    for group_of_ids in batches(touched.ids):
        await transaction.run("plans/record_touched", plan_id=plan_id, ids=list(group_of_ids))
    settled = await plan_approval.settle(change, transaction, plan_id, proposal)
    await change.record(transaction, [_event(change, plan_id, proposal), *settled])


async def _store_steps(
    change: Change, transaction: Transaction, plan_id: str, proposal: Proposal, *, reads: Mapping[str, int]
) -> int:
    """Store the steps, what each waits for and what all was read; returns how much of the latter is there."""
    ids = {step.key: change.ids.new() for step in proposal.steps}
    services = {step.key: step.service_id for step in proposal.steps}
    places = {step.key: position for position, step in enumerate(proposal.steps)}

    def step_row(step: Step) -> Value:
        return [*_columns(ids[step.key], places[step.key], step, services), reads.get(step.service_id)]

    async def create_steps(rows: Sequence[Value]) -> int:
        return number((await transaction.run("plans/create_steps", plan_id=plan_id, rows=rows))[0]["created"])

    async def create_deletes(rows: Sequence[Value]) -> int:
        return number((await transaction.run("plans/create_deletes", plan_id=plan_id, rows=rows))[0]["created"])

    async def record_reads(rows: Sequence[Value]) -> int:
        return number((await transaction.run("plans/record_reads", plan_id=plan_id, rows=rows))[0]["recorded"])

    async def link(rows: Sequence[Value]) -> int:
        return number((await transaction.run("plans/link_steps", rows=rows))[0]["linked"])

    # A service that is to be taken away was read no more: it is not there.
    of_services = [step for step in proposal.steps if step.service_id in reads]
    recorded = sum(await ahead.write(of_services, step_row, create_steps))
    rest = (step for step in proposal.steps if step.service_id not in reads)
    await ahead.write(rest, lambda step: _columns(ids[step.key], places[step.key], step, services), create_deletes)
    waiting = (step for step in proposal.steps if step.requires)
    await ahead.write(waiting, lambda step: [ids[step.key], [ids[on] for on in step.requires]], link)
    seen = {step.service_id for step in of_services}
    others = [(id, version) for id, version in sorted(reads.items()) if id not in seen]
    return recorded + sum(await ahead.write(others, lambda one: [*one], record_reads))


def _columns(id: str, position: int, step: Step, services: Mapping[str, str]) -> list[Value]:
    # By position: the names of two dozen columns would be most of what is sent.
    said = lines(step.changes)
    return [
        id,
        step.key,
        position,
        step.wave,
        step.action.value,
        step.kind,
        step.service_id,
        step.service_name,
        step.version_id,
        step.image,
        step.provider,
        step.previous_provider,
        step.hard,
        [services[key] for key in step.requires],
        said.before,
        said.after,
        said.sensitive,
        said.unknown,
        step.irreversible,
        step.policy,
        step.reason,
        step.path,
        step.path_edges,
    ]


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
