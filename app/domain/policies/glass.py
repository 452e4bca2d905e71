"""Policies on carrying a plan out, and breaking the glass: who may does it all the same, says why, and is seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.access import Action, Actor, require
from app.domain.events import Category, EventDraft, Level
from app.domain.policies.deciding import Decision, Finding, decide, findings_of
from app.domain.policies.decisions import record, refuse_broken
from app.domain.policies.library import known
from app.domain.policies.policy import Enforcement, Point
from app.domain.rows import listed
from app.errors import InvalidInput, StalePlan, Violation
from app.ids import Ids
from app.transactions import Reader, Transaction, Value

LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Gate:
    """What policies say to carrying a plan out: what forbids it, and what breaking the glass has overridden."""

    decisions: tuple[Decision, ...]
    violations: tuple[Violation, ...] = ()
    overridden: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A plan that was made before: what was agreed to is for its `reasons`, each `policy: sentence`."""

    plan_id: str
    reasons: tuple[str, ...]


def check_reason(actor: Actor, reason: str | None) -> None:
    """Refuse breaking the glass without a reason, or by somebody who may not. Raises InvalidInput, Forbidden."""
    if reason is None:
        return
    require(actor, Action.BREAK_GLASS)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidInput(f"breaking the glass needs a reason of 1 to {LONGEST_REASON} characters", "breakGlass")


async def at_gate(
    transaction: Transaction, *, application_id: str, environment_id: str, reason: str | None, made: Made | None = None
) -> Gate:
    """Ask the policies on deployments; with a `reason` those that allow it are overridden.

    Those on plans are asked again about a plan that was `made` before: what they look at is not only what the plan was
    made from, and how they apply may have been changed. Raises PolicyDenied where a policy could not be asked, and
    StalePlan where somebody would have to agree who was not asked to.
    """
    decisions = await decide(
        transaction,
        Point.DEPLOY,
        {"application_id": application_id, "environment_id": environment_id},
        project_id=environment_id.partition("@")[0],
    )
    refuse_broken(decisions, about=application_id, field="plan")
    if made is not None:
        decisions += await _again(transaction, made, application_id=application_id, environment_id=environment_id)
    glass = {policy.name for policy in known() if policy.break_glass} if reason is not None else set()
    denials = [one for one in findings_of(decisions) if one.enforcement is Enforcement.DENY]
    return Gate(
        decisions,
        tuple(one.violation for one in denials if one.policy not in glass),
        tuple(one for one in denials if one.policy in glass),
    )


async def _again(
    transaction: Transaction, made: Made, *, application_id: str, environment_id: str
) -> tuple[Decision, ...]:
    rows = await transaction.run("plans/list_planned", plan_id=made.plan_id)
    steps = [listed(one) for one in listed(rows[0]["planned"])]
    planned: list[Value] = [
        {"service_id": service, "version_id": version, "changes": changes, "edge": edge}
        for service, version, changes, _, edge in steps
    ]
    exposed: list[Value] = [service for service, _, changes, exposure, _ in steps if changes and exposure == "public"]
    decisions = await decide(
        transaction,
        Point.PLAN,
        {
            "application_id": application_id,
            "environment_id": environment_id,
            "planned": planned,
            "services": exposed,
        },
        project_id=environment_id.partition("@")[0],
        policies=[policy for policy in known() if Point.DEPLOY not in policy.points],
    )
    refuse_broken(decisions, about=application_id, field="plan")
    acting = {str(service) for service, _, changes, _, _ in steps if changes}
    still = {str(service) for service, *_ in steps} - acting
    for one in findings_of(decisions):
        wanted = one.enforcement is Enforcement.APPROVE and one.subject not in still
        if wanted and f"{one.policy}: {one.violation.message}" not in made.reasons:
            raise StalePlan(
                f"the plan is stale: {one.policy} wants somebody to agree now, {one.violation.message}; plan again",
                (f"policy:{one.policy}",),
                "plan",
            )
    # As when the plan was made: what is denied of a service that stays as it is keeps nothing from being deployed.
    return tuple(
        replace(
            each.keeping(
                tuple(one for one in each.findings if one.enforcement is not Enforcement.DENY or one.subject in acting)
            ),
            point=Point.DEPLOY,
        )
        for each in decisions
    )


async def log(transaction: Transaction, gate: Gate, *, ids: Ids, run_id: str, actor: Actor) -> Gate:
    """Log what was decided about a run that was just stored; the violations then name their decisions."""
    named = await record(transaction, gate.decisions, ids=ids, about=run_id, actor=actor.id)
    return replace(gate, violations=tuple(replace(one, decision=named[one.policy]) for one in gate.violations))


async def logged(reader: Reader, run_id: str) -> tuple[Violation, ...]:
    """Why a run was not let through, from the log: policy, sentence and decision."""
    return tuple(
        Violation(str(row["policy"]), str(row["message"]), decision=str(row["id"]))
        for row in await reader.run("policies/find_denials", about=run_id)
    )


def broken(gate: Gate, event: EventDraft, reason: str) -> EventDraft:
    """The event that somebody broke the glass, made from that of the run it was for."""
    return replace(
        event,
        type="run.broke-glass",
        category=Category.SECURITY,
        level=Level.WARNING,
        message=f"{event.actor} broke the glass: {reason.strip()}",
        data={
            "reason": reason.strip(),
            "overridden": [{"policy": one.policy, "message": one.violation.message} for one in gate.overridden],
        },
    )
