"""People who may agree to plans, and a policy that wants them to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from app.domain import policies
from app.domain.access import Actor, Role
from app.domain.changes import Change
from app.domain.policies import Decision, Enforcement, Finding
from app.errors import Violation
from app.transactions import Row
from tests.platform import KINDS, Platform

REASON = "what is sensitive changes"


@contextmanager
def wanting_approval(subject: str) -> Iterator[None]:
    """While it lasts, a policy beside the product's own wants an approval of what becomes of a node."""
    found = policies.findings_of

    def asked(decisions: Iterable[Decision]) -> tuple[Finding, ...]:
        return (*found(decisions), Finding("ask-first", Enforcement.APPROVE, subject, Violation("ask-first", REASON)))

    with patch.object(policies, "findings_of", asked):
        yield


async def hire(platform: Platform, name: str, role: Role, *, team: str = "team:platform") -> None:
    """Let somebody be in a team; the team is made where it is not there."""
    await platform.graph.define(
        f"MERGE (team:Team:Entity {{tenant: '{platform.tenant}', id: '{team}'}}) "
        "ON CREATE SET team.version = 1, team.name = 'other', team.created_at = datetime(), "
        "team.updated_at = datetime() "
        f"CREATE (:User:Entity {{tenant: '{platform.tenant}', id: 'user:{name}', name: '{name}', version: 1, "
        f"created_at: datetime(), updated_at: datetime()}})-[:MEMBER_OF {{role: '{role.value}'}}]->(team)"
    )


def acting(platform: Platform, name: str, role: Role = Role.ADMIN) -> Change:
    """A change by somebody."""
    actor = Actor(f"user:{name}", platform.tenant, name, role)
    return Change(platform.graph, platform.ids, platform.doorbell, actor, "request-2", KINDS)


async def plan_of(platform: Platform, plan_id: str) -> Row:
    """What becomes of a plan's approval."""
    rows = await platform.graph.define(
        f"MATCH (p:Plan {{tenant: '{platform.tenant}', id: '{plan_id}'}}) RETURN p.approval AS approval, "
        "p.approval_reasons AS reasons, p.version AS version, p.digest AS digest, "
        "COLLECT { MATCH (p)<-[:MAY_APPROVE]-(u:User) RETURN u.id ORDER BY u.id } AS approvers, "
        "COLLECT { MATCH (p)<-[:OF]-(a:Approval)<-[:GAVE]-(u:User) "
        "RETURN u.id + ' ' + a.verdict + CASE WHEN a.voided_at IS NULL THEN '' ELSE ' void' END "
        "ORDER BY a.id } AS given"
    )
    return rows[0]
