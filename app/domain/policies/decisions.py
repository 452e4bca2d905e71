"""The log of decisions: every one is kept, also that of a change which was refused and rolled back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.policies.deciding import Decision
from app.domain.policies.policy import Enforcement
from app.errors import PolicyDenied
from app.graph import Graph
from app.ids import Ids
from app.transactions import Operation, Transaction, Value

_SHOWN = 20
"""Subjects a decision names; it counts all of them."""


@dataclass(frozen=True, slots=True)
class Unlogged:
    """Decisions of a transition that was refused, still to be logged, and what they were about."""

    decisions: tuple[Decision, ...]
    about: str


async def record(
    transaction: Transaction, decisions: Sequence[Decision], *, ids: Ids, about: str, actor: str
) -> Mapping[str, str]:
    """Write decisions into the transaction of the transition that they are about; their ids by policy.

    `about` is the node that the transition made or changed.
    """
    named = {decision.policy: ids.new() for decision in decisions}
    if decisions:
        rows: list[Value] = [_row(named[each.policy], each, actor=actor) for each in decisions]
        await transaction.run("policies/create_decisions", about=about, rows=rows)
    return named


def denials(decisions: Sequence[Decision], *, about: str, field: str | None) -> PolicyDenied:
    """The refusal that these decisions are. It rolls the transaction back; `keep` logs the decisions afterwards."""
    violations = tuple(
        finding.violation
        for decision in decisions
        for finding in decision.findings
        if finding.enforcement is Enforcement.DENY
    )
    refusal = PolicyDenied(violations[0].message, violations, field)
    refusal.decisions = Unlogged(tuple(decisions), about)
    return refusal


def refuse_broken(decisions: Sequence[Decision], *, about: str, field: str | None) -> None:
    """Raise PolicyDenied where a policy could not be asked: whatever it would have said, the answer is no."""
    if any(decision.error is not None for decision in decisions):
        raise denials(decisions, about=about, field=field)


async def keep(graph: Graph, tenant: str, refusal: PolicyDenied, *, ids: Ids, actor: str) -> None:
    """Log the decisions of a refusal in a transaction of their own, and let each of its violations name its decision.

    What was refused has been rolled back: without this nobody would know of it.
    """
    found = refusal.decisions
    if not isinstance(found, Unlogged):
        return

    async def work(transaction: Transaction) -> Mapping[str, str]:
        return await record(transaction, found.decisions, ids=ids, about=found.about, actor=actor)

    named = await graph.transact(Operation(ids.new(), "keep_decisions", tenant), work)
    refusal.violations = tuple(replace(each, decision=named.get(each.policy)) for each in refusal.violations)


def _row(id: str, decision: Decision, *, actor: str) -> dict[str, Value]:
    return {
        "id": id,
        "policy": decision.policy,
        "policy_version": decision.policy_version,
        "point": decision.point.value,
        "inputs_hash": decision.inputs_hash,
        "verdict": decision.verdict.value,
        "actor": actor,
        "subjects": [finding.subject for finding in decision.findings[:_SHOWN]],
        "subject_count": len(decision.findings),
        "excepted": [finding.subject for finding in decision.excepted[:_SHOWN]],
        "excepted_count": len(decision.excepted),
        "message": decision.findings[0].violation.message if decision.findings else None,
        "duration_ms": decision.duration_ms,
    }
