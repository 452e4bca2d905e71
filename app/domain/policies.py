"""Policies: data and reading Cypher that returns what violates them, as named paths; empty means allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

import cypher
from app.domain.rows import texts
from app.errors import PathNode, PolicyDenied, Violation
from app.graph import Reader, Row, Transaction, Value

DIRECTORY = cypher.ROOT / "policies"


class Point(StrEnum):
    """The transition a policy is bound to."""

    DEPENDENCY = "dependency"
    PLAN = "plan"


class Enforcement(StrEnum):
    """What a finding does: refuses, is only said, or is only counted."""

    DENY = "deny"
    WARN = "warn"
    DRY_RUN = "dry-run"


class Fixture(BaseModel):
    """A graph beside the policy (`fixtures/<setup>.cypher`), and whom the policy must find in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    setup: str
    parameters: dict[str, str | list[dict[str, str]]]
    subjects: list[str]


class Policy(BaseModel):
    """A policy as its `policy.yaml` says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    description: str
    enforcement: Enforcement
    points: list[Point]
    fixtures: list[Fixture]

    @property
    def findings(self) -> str:
        """The name of the statement that finds violations."""
        return f"policies/{self.name}/findings"


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation: of which policy, how strictly, and by what (`subject` is a node's id)."""

    policy: str
    enforcement: Enforcement
    subject: str
    violation: Violation


@cache
def known(directory: Path = DIRECTORY) -> tuple[Policy, ...]:
    """The policies that come with the product, by name."""
    files = sorted(directory.glob("*/policy.yaml"))
    return tuple(Policy.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files)


def rows() -> list[dict[str, Value]]:
    """The policies as rows of the graph."""
    return [
        {
            "name": policy.name,
            "description": policy.description,
            "enforcement": policy.enforcement.value,
            "points": [point.value for point in policy.points],
        }
        for policy in known()
    ]


def _finding(policy: Policy, row: Row) -> Finding:
    nodes = zip(texts(row["node_ids"]), texts(row["node_labels"]), texts(row["node_names"]), strict=True)
    violation = Violation(
        policy=policy.name,
        message=str(row["message"]),
        nodes=tuple(PathNode(id, label, name) for id, label, name in nodes),
        edges=texts(row["edges"]),
    )
    return Finding(policy.name, policy.enforcement, str(row["subject"]), violation)


async def check(reader: Reader, point: Point, /, **parameters: Value) -> tuple[Finding, ...]:
    """Every violation of the policies bound to a transition, on the graph as the reader sees it."""
    found = []
    for policy in known():
        if point in policy.points:
            found += [_finding(policy, row) for row in await reader.run(policy.findings, **parameters)]
    return tuple(found)


def denied(findings: Iterable[Finding]) -> dict[str, Finding]:
    """The first denial for each subject; warnings and dry runs deny nothing."""
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.enforcement is Enforcement.DENY:
            first.setdefault(finding.subject, finding)
    return first


async def enforce_dependencies(transaction: Transaction, added: Sequence[tuple[str, str]]) -> None:
    """Raise PolicyDenied where dependencies that were just added violate a policy; run inside their transaction.

    Transactions that add dependencies go one by one from here, so that each sees what the others added. Only edges
    that can lie on a circle are asked about: whatever can be stripped from the ends of the graph cannot.
    """
    if not added:
        return
    await transaction.run("services/lock_dependency_graph", operation=transaction.operation.id)
    row = (await transaction.run("services/list_dependency_graph"))[0]
    knot = _knot(list(zip(texts(row["services"]), texts(row["targets"]), strict=True)))
    suspects = [edge for edge in added if edge[0] in knot and edge[1] in knot]
    findings = denied(
        await check(
            transaction,
            Point.DEPENDENCY,
            edges=[{"service_id": source, "target_id": target} for source, target in suspects],
        )
    )
    if findings:
        violations = tuple(finding.violation for finding in findings.values())
        raise PolicyDenied(violations[0].message, violations, "dependencies")


def _knot(edges: Sequence[tuple[str, str]]) -> set[str]:
    ahead: dict[str, set[str]] = {}
    behind: dict[str, set[str]] = {}
    for source, target in edges:
        ahead.setdefault(source, set()).add(target)
        behind.setdefault(target, set()).add(source)
    left = set(ahead) | set(behind)
    for forward, backward in ((ahead, behind), (behind, ahead)):
        waiting = {node: len(forward.get(node, set()) & left) for node in left}
        ready = [node for node, count in waiting.items() if count == 0]
        while ready:
            node = ready.pop()
            left.discard(node)
            for before in backward.get(node, ()):
                if before in left:
                    waiting[before] -= 1
                    if waiting[before] == 0:
                        ready.append(before)
    return left


def parameters_of(fixture: Fixture) -> Mapping[str, Value]:
    """A fixture's parameters as the graph takes them."""
    return dict(fixture.parameters)
