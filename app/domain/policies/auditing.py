"""Audit: policies are asked about what exists; what violates them is recorded, and resolved once it is gone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.access import Action, require
from app.domain.changes import Change
from app.domain.events import Category, EventDraft, Level
from app.domain.policies.deciding import Decision, Finding, decide, findings_of
from app.domain.policies.decisions import record
from app.domain.policies.mutating import knotted
from app.domain.policies.policy import Point
from app.domain.rows import mapped, texts
from app.errors import InvalidInput, NotFound
from app.transactions import Transaction, Value

MOST_PLACES = 10_000
SECONDS = 20.0
"""How long an audit goes on to the next place; what is left is for the next request."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit did: how many places it looked at, and what it found anew, still, and not any more.

    `end` is where to go on, None where everything was looked at.
    """

    places: int
    opened: int
    open: int
    resolved: int
    end: str | None = None


async def audit(change: Change, project_id: str | None, *, after: str | None = None) -> Audited:
    """Ask the policies about everything that is recorded as running, of one project or of all.

    Each application in each environment is one transaction with its decisions and events; they are gone through in
    their order for SECONDS, at least one of them, beginning after the place at which an earlier call has ended. Raises
    NotFound, InvalidInput (an `after` that is no such place), Forbidden.
    """
    require(change.actor, Action.ADMINISTER)
    until = time.monotonic() + SECONDS
    application, _, environment = (after or "").partition(" ")
    if after is not None and not (application and environment):
        raise InvalidInput("after is the end of an earlier audit", "after")
    reader = change.graph.reader(change.actor.tenant)
    rows = await reader.run(
        "policies/list_places",
        project_id=project_id,
        limit=MOST_PLACES,
        after_environment=environment or None,
        after_application=application,
    )
    if project_id is not None and not rows[0]["known"]:
        raise NotFound(f"there is no Project {project_id}", "project")
    pairs = (await reader.run("services/list_dependency_graph"))[0]
    edges = list(zip(texts(pairs["services"]), texts(pairs["targets"]), strict=True))
    knot = knotted(edges)
    circling: list[tuple[str, str]] = [edge for edge in edges if edge[0] in knot and edge[1] in knot]
    places = [texts(pair) for pair in mapped_pairs(rows[0]["places"])]
    opened = still = resolved = looked = 0
    for application_id, environment_id in places:
        done = await _place(change, application_id, environment_id, circling)
        opened, still, resolved, looked = opened + done[0], still + done[1], resolved + done[2], looked + 1
        if time.monotonic() >= until:
            break
    # As many places as were asked for: there may be more.
    more = looked < len(places) or len(places) == MOST_PLACES
    return Audited(looked, opened, still, resolved, " ".join(places[looked - 1]) if more else None)


def mapped_pairs(value: Value) -> list[Value]:
    """The pairs in a column."""
    return list(value) if isinstance(value, list) else []


async def _place(
    change: Change, application_id: str, environment_id: str, circling: Sequence[tuple[str, str]]
) -> tuple[int, int, int]:
    inside = f"{application_id}/"
    edges: list[Value] = [{"service_id": a, "target_id": b} for a, b in circling if a.startswith(inside)]
    place = f"{application_id} {environment_id}"

    async def work(transaction: Transaction) -> tuple[int, int, int]:
        decisions = await decide(
            transaction,
            Point.AUDIT,
            {"application_id": application_id, "environment_id": environment_id, "edges": edges},
            project_id=environment_id.partition("@")[0],
        )
        broken = [one for one in decisions if one.error is not None]
        if broken:
            # Nothing can be asked after that: what was found before stays as it is until the next audit.
            raise AuditFailed(broken[0])
        found = findings_of(decisions)
        rows: list[Value] = [_row(one, place) for one in found]
        opened = mapped((await transaction.run("policies/record_violations", place=place, rows=rows))[0]["opened"])
        gone = mapped(
            (await transaction.run("policies/resolve_violations", place=place, ids=[_id(one, place) for one in found]))[
                0
            ]["resolved"]
        )
        await record(transaction, decisions, ids=change.ids, about=application_id, actor=change.actor.id)
        drafts = [
            _event(change, "found", row, application_id=application_id, environment_id=environment_id) for row in opened
        ]
        drafts += [
            _event(change, "resolved", row, application_id=application_id, environment_id=environment_id)
            for row in gone
        ]
        await change.record(transaction, drafts)
        return len(opened), len(found), len(gone)

    return await change.commit("audit_policies", work, action=Action.ADMINISTER, extra_seconds=30)


class AuditFailed(Exception):
    """A policy could not be asked during an audit."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(f"{decision.policy}: {decision.error}")


def _id(finding: Finding, place: str) -> str:
    said = "\n".join([finding.policy, finding.clause, finding.subject, place])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _row(finding: Finding, place: str) -> dict[str, Value]:
    return {
        "id": _id(finding, place),
        "policy": finding.policy,
        "clause": finding.clause,
        "subject": finding.subject,
        "enforcement": finding.enforcement.value,
        "message": finding.violation.message,
        "path": [node.id for node in finding.violation.nodes],
        "path_edges": list(finding.violation.edges),
    }


def _event(change: Change, verb: str, row: object, *, application_id: str, environment_id: str) -> EventDraft:
    said = row if isinstance(row, dict) else {}
    return EventDraft(
        type=f"violation.{verb}",
        category=Category.POLICY,
        level=Level.WARNING if verb == "found" else Level.INFO,
        subject=str(said.get("subject")),
        subject_label=str(said.get("label") or ""),
        subject_version=None,
        actor=change.actor.id,
        correlation_id=change.correlation_id,
        message=f"{said.get('policy')}: {said.get('message')}" + ("" if verb == "found" else " (not any more)"),
        application_id=application_id,
        environment_id=environment_id,
        data={"before": None, "after": {"policy": said.get("policy"), "violation": said.get("id")}},
    )
