"""Policies on what happens whatever they say: a rollback leads back to what ran, and nothing keeps it from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.domain.policies.bindings import read_bindings
from app.domain.policies.deciding import Decision, Verdict, decide
from app.domain.policies.library import known
from app.domain.policies.policy import Enforcement, Point
from app.domain.rows import texts
from app.graph_failures import GraphUnavailable, StatementFailed
from app.transactions import Reader, Value

SECONDS: Final = 1.0
"""How long each policy may take: what waits for it holds the run that has failed."""


async def witness(
    reader: Reader, *, application_id: str, environment_id: str, planned: Sequence[tuple[str, str]]
) -> tuple[Decision, ...]:
    """What the policies on plans and on deployments say of pairs of service and version; what they find is a warning.

    They are asked outside any transaction that must not fail. What cannot be asked says nothing.
    """
    rows: list[Value] = [
        {"service_id": service, "version_id": version, "changes": True, "edge": "HAS_VERSION"}
        for service, version in planned
    ]
    project = environment_id.partition("@")[0]
    found: list[Decision] = []
    try:
        bindings = await read_bindings(reader, project, None)
        exposed = await reader.run("policies/list_exposed", services=[service for service, _ in planned])
        given: dict[str, Value] = {
            "application_id": application_id,
            "environment_id": environment_id,
            "planned": rows,
            "services": list(texts(exposed[0]["services"])),
        }
        for point in (Point.PLAN, Point.DEPLOY):
            asked = {one.policy for one in found}
            left = [policy for policy in known() if policy.name not in asked]
            found += await decide(
                reader, point, given, project_id=project, policies=left, bindings=bindings, seconds=SECONDS
            )
    except (GraphUnavailable, StatementFailed):
        return ()
    return tuple(_warning(one) for one in found)


def _warning(decision: Decision) -> Decision:
    if decision.verdict not in (Verdict.DENY, Verdict.APPROVE):
        return decision
    findings = tuple(replace(one, enforcement=Enforcement.WARN) for one in decision.findings)
    return replace(decision, verdict=Verdict.WARN, findings=findings)
