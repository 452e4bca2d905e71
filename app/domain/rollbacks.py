"""Rollbacks: a run that failed is undone by a plan and a run of their own, in the reverse of the order it went.

Each state that a rollback passes through is one that the run passed through before. What the run created is deleted,
what it changed gets the version back that ran before, what it deleted is created again; steps that failed half-way are
undone as well. The plan is made and the run queued in the transaction that ends the failed run, so that nothing comes
between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.domain import ordering, plan_steps, plan_storing, policies, versions
from app.domain.changes import Change
from app.domain.plan_changes import change as changed
from app.domain.plan_changes import differences
from app.domain.plan_digest import digest
from app.domain.plan_impact import Touched
from app.domain.plan_steps import Place, PlanState, Step, StepAction
from app.domain.planning import Proposal
from app.domain.rows import listed, texts
from app.domain.runs import OnFailure, RunState, Wishes, run_drafts, store_run
from app.domain.workloads import Workload
from app.errors import Conflict
from app.transactions import Transaction, Value

_STEP: Final = (
    "key",
    "action",
    "kind",
    "service_id",
    "service_name",
    "provider",
    "previous_provider",
    "depends_on",
    "version_id",
    "previous_id",
    "now",
    "previous",
)
UNSEEN: Final = Touched(truncated=True)
"""Whom a rollback touches is not looked at: it only leads back to what they had."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that a run has carried out, or may have: what it deployed (`now`) and what ran before (`previous`).

    `step` is the plan's step as it was, with the keys of those of the run that it had to wait for.
    """

    step: Step
    previous_id: str | None
    now: Workload | None
    previous: Workload | None


async def roll_back(change: Change, transaction: Transaction, *, run_id: str, place: Place) -> str | None:
    """Plan the undoing of a run that the transaction has just ended, and queue its run; None where nothing is to undo.

    A step whose earlier version is gone cannot be undone and stands in the plan as blocked; where there are only such,
    the run is denied. Policies are asked, and what they find stands in the plan's warnings and in their log: a freeze,
    or a policy that denied what ran before, does not leave a place half-way.
    """
    row = (await transaction.run("runs/read_undoing", run_id=run_id))[0]
    requires: dict[str, list[str]] = {}
    for key, required in (texts(pair) for pair in listed(row["requirements"])):
        requires.setdefault(key, []).append(required)
    whole = replace(
        place,
        namespace="" if row["namespace"] is None else str(row["namespace"]),
        provider_kinds=frozenset(texts(row["kinds"] or [])),
    )
    rows = [dict(zip(_STEP, listed(one), strict=True)) for one in listed(row["steps"])]
    proposal = reverse(whole, [_done(whole, one, requires.get(str(one["key"]), [])) for one in rows])
    if proposal.state is PlanState.EMPTY:
        return None
    # Not in the transaction that ends the failed run: a policy that takes too long would keep it from ending.
    decisions = await policies.witness(
        change.graph.reader(transaction.tenant),
        application_id=place.application_id,
        environment_id=place.environment_id,
        planned=[
            (step.service_id, step.version_id)
            for step in proposal.steps
            if step.action.acts and step.action is not StepAction.DELETE and step.version_id is not None
        ],
    )
    proposal = replace(proposal, warnings=policies.warned(decisions))
    plan: dict[str, Value] = {
        "application_id": place.application_id,
        "environment_id": place.environment_id,
        "provider": place.provider,
        "acting": proposal.acting,
    }
    plan_id, rollback_id = change.ids.new(), change.ids.new()
    try:
        await plan_storing.store(change, transaction, plan_id, proposal, reads={}, touched=UNSEEN)
    except Conflict:
        # The application or the environment is gone: nothing was stored, and there is no place to lead back to.
        return None
    await policies.record(transaction, decisions, ids=change.ids, about=plan_id, actor=change.actor.id)
    state = RunState.DENIED if proposal.state is PlanState.BLOCKED else RunState.QUEUED
    await store_run(
        change,
        transaction,
        rollback_id,
        plan_id,
        state=state,
        # As much as possible is undone, whatever of it fails.
        wishes=Wishes(OnFailure.CONTINUE),
        plan=plan,
    )
    await change.record(transaction, run_drafts(change, rollback_id, plan_id, state, plan=plan))
    await transaction.run("runs/link_rollback", id=rollback_id, run_id=run_id)
    return rollback_id


def reverse(place: Place, done: Sequence[Done]) -> Proposal:
    """The plan that undoes what was done; what needs no undoing has no step. Pure."""
    found = {one.step.key: _undo(one) for one in done}
    steps = {key: step for key, step in found.items() if step is not None}
    needs: dict[str, set[str]] = {key: set() for key, step in steps.items() if step.action.acts}
    for one in done:
        for required in _acting(one.step.requires, needs):
            if one.step.key in needs:
                needs[required].add(one.step.key)
    waves = ordering.waves(needs)
    acting = [replace(steps[key], wave=waves[key], requires=tuple(sorted(after))) for key, after in needs.items()]
    acting.sort(key=lambda step: (step.wave, step.service_name, step.key))
    blocked = sorted((step for step in steps.values() if not step.action.acts), key=lambda step: step.key)
    ordered = (*acting, *blocked)
    counts = {action: sum(1 for step in ordered if step.action is action) for action in StepAction}
    # What cannot be undone keeps nothing else from being undone; it stands in the plan with its reason.
    state = PlanState.READY if acting else PlanState.BLOCKED if blocked else PlanState.EMPTY
    return Proposal(
        place=place,
        steps=ordered,
        state=state,
        waves=max(waves.values(), default=0),
        digest=digest(place, ordered),
        counts=counts,
    )


def _acting(keys: Iterable[str], among: Collection[str]) -> list[str]:
    return [key for key in keys if key in among]


def _undo(one: Done) -> Step | None:
    step = replace(one.step, requires=())
    if step.action is StepAction.CREATE:
        return replace(step, action=StepAction.DELETE, changes=differences(one.now, None), image=None)
    undone = replace(
        step,
        version_id=one.previous_id,
        image=None if one.previous is None else one.previous.image,
        changes=differences(one.now, one.previous),
    )
    if one.previous is None:
        return replace(undone, action=StepAction.BLOCKED, reason=f"{one.previous_id} ran before, and is deleted")
    if step.action is StepAction.DELETE:
        return replace(undone, action=StepAction.CREATE)
    if step.action is StepAction.REPLACE and step.previous_provider is not None:
        return replace(
            undone,
            action=StepAction.REPLACE,
            provider=step.previous_provider,
            previous_provider=step.provider,
            changes=(*undone.changes, changed("provider", step.provider, step.previous_provider)),
        )
    if one.previous_id == step.version_id:
        return None
    return replace(undone, action=StepAction.UPDATE)


def _done(place: Place, row: Mapping[str, Value], requires: list[str]) -> Done:
    service_id, name, kind = str(row["service_id"]), str(row["service_name"]), str(row["kind"])

    def workload(values: Value) -> Workload | None:
        if values is None:
            return None
        target = plan_steps.target(place, service_id=service_id, name=name, kind=kind)
        return versions.workload(target, dict(zip(versions.COLUMNS, listed(values), strict=True)))

    step = Step(
        key=str(row["key"]),
        action=StepAction(str(row["action"])),
        kind=kind,
        service_id=service_id,
        service_name=name,
        provider=str(row["provider"]),
        version_id=None if row["version_id"] is None else str(row["version_id"]),
        requires=tuple(requires),
        hard=texts(row["depends_on"] or []),
        previous_provider=None if row["previous_provider"] is None else str(row["previous_provider"]),
    )
    deletes = step.action is StepAction.DELETE
    return Done(
        step=step,
        previous_id=None if row["previous_id"] is None else str(row["previous_id"]),
        now=None if deletes else workload(row["now"]),
        previous=workload(row["previous"]),
    )
