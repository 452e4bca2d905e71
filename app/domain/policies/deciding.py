"""Checking: every policy bound to a transition is asked, within a time limit, and what fails to answer denies."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import orjson

from app.domain.policies.bindings import Bindings, read_bindings
from app.domain.policies.library import known
from app.domain.policies.policy import Enforcement, Point, Policy, Setting
from app.domain.rows import listed, texts
from app.errors import PathNode, Violation
from app.graph_failures import GraphUnavailable, StatementFailed
from app.transactions import Reader, Row, Value
from cypher import statement

SECONDS = 10.0
"""How long one policy may take; one that takes longer denies."""
FAILED = "failed"
"""The clause of a finding that says that its policy could not be asked."""


class Verdict(StrEnum):
    """What a policy said to a transition."""

    ALLOW = "allow"
    WARN = "warn"
    DRY_RUN = "dry-run"
    APPROVE = "approve"
    DENY = "deny"


_VERDICTS = {
    Enforcement.DENY: Verdict.DENY,
    Enforcement.APPROVE: Verdict.APPROVE,
    Enforcement.WARN: Verdict.WARN,
    Enforcement.DRY_RUN: Verdict.DRY_RUN,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation: of which policy, how strictly, and by what (`subject` is a node's id)."""

    policy: str
    enforcement: Enforcement
    subject: str
    violation: Violation
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one policy said at one point: what it was asked, what it found, and what an exception let through."""

    policy: str
    policy_version: str
    point: Point
    inputs_hash: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    excepted: tuple[Finding, ...] = ()
    duration_ms: float = 0.0
    parameters: Mapping[str, Setting] = field(default_factory=dict)
    error: str | None = None

    def keeping(self, findings: tuple[Finding, ...]) -> Decision:
        """The same with only these of its findings; without any it allows."""
        return replace(self, findings=findings, verdict=self.verdict if findings else Verdict.ALLOW)


async def decide(
    reader: Reader,
    point: Point,
    given: Mapping[str, Value],
    *,
    project_id: str | None = None,
    at: datetime | None = None,
    policies: Sequence[Policy] | None = None,
    bindings: Bindings | None = None,
    seconds: float | None = None,
) -> tuple[Decision, ...]:
    """Ask every policy that is bound to a transition, on the graph as the reader sees it.

    `given` is what the transition is about: `application_id` and `environment_id`, or `edges` and `services`.
    `project_id` is whose settings and exceptions count, `at` the time at which exceptions are looked at (the database's
    where left out), `policies` those to ask in place of all. The first that does not answer within `seconds` (SECONDS
    where left out), or fails, denies and ends it: within a transaction nothing can be asked after that.
    """
    bound = [policy for policy in (known() if policies is None else policies) if point in policy.points]
    if bindings is None:
        bindings = await read_bindings(reader, project_id, at)
    asked = [policy for policy in bound if bindings.enforcement(policy) is not Enforcement.OFF]
    if not asked:
        return ()
    inputs = {"project_id": project_id, "at": bindings.at, **given}
    inputs |= await _seen(reader, point, given)
    limit = SECONDS if seconds is None else seconds
    decisions: list[Decision] = []
    # What is asked about can be thousands of rows: they are hashed once for all policies.
    hashes = {name: _hash(value) for name, value in inputs.items() if isinstance(value, list)}
    for policy in asked:
        decision = await _ask(reader, policy, point, inputs=inputs, hashes=hashes, bindings=bindings, seconds=limit)
        decisions.append(decision)
        if decision.error is not None:
            break
    return tuple(decisions)


async def _seen(reader: Reader, point: Point, given: Mapping[str, Value]) -> Mapping[str, Value]:
    """What policies are told of the graph as it would be."""
    # Who agrees to a plan is asked about the same as who makes it: what would be.
    would = point in (Point.PLAN, Point.APPROVE)
    if (would or point is Point.AUDIT) and "planned" not in given:
        name = "policies/list_planned" if would else "policies/list_deployed"
        rows = await reader.run(
            name, application_id=given.get("application_id"), environment_id=given.get("environment_id")
        )
        planned: list[Value] = [
            {"service_id": service, "version_id": version, "changes": changes, "edge": "DESIRES"}
            if would
            else {"service_id": service, "version_id": version, "changes": True, "edge": "RUNS"}
            for service, version, changes, _ in map(listed, listed(rows[0]["planned"]))
        ]
        exposed = [
            service
            for service, _, changes, exposure in map(listed, listed(rows[0]["planned"]))
            if exposure == "public" and changes
        ]
        return {"planned": planned, "services": exposed}
    return {}


async def _ask(
    reader: Reader,
    policy: Policy,
    point: Point,
    *,
    inputs: Mapping[str, Value],
    hashes: Mapping[str, str],
    bindings: Bindings,
    seconds: float,
) -> Decision:
    settings = bindings.parameters(policy)
    wanted = statement(policy.findings).parameters - {"tenant"}
    parameters = {name: value for name, value in {**inputs, **settings}.items() if name in wanted}
    # Everything is hashed but the time itself: the same question has the same hash.
    hashed = _hash(
        {
            name: hashes[name] if name in hashes and name not in settings else value
            for name, value in parameters.items()
            if name != "at"
        }
    )
    started = time.perf_counter()
    enforcement = bindings.enforcement(policy)
    error = None
    rows: list[Row] = []
    try:
        async with asyncio.timeout(seconds):
            rows = await reader.run(policy.findings, **parameters)
    except TimeoutError:
        error = f"it did not answer within {seconds:g} seconds"
    except (StatementFailed, GraphUnavailable) as failed:
        error = f"it could not be asked ({type(failed).__name__})"
    took = (time.perf_counter() - started) * 1000
    if error is not None:
        violation = Violation(policy.name, f"{policy.name} denies because {error}")
        subject = str(inputs.get("application_id") or inputs.get("project_id") or "")
        findings = (Finding(policy.name, Enforcement.DENY, subject, violation, FAILED),)
        return Decision(
            policy.name, policy.digest, point, hashed, Verdict.DENY, findings,
            duration_ms=took, parameters=settings, error=error,
        )  # fmt: skip
    found = [_finding(policy, enforcement, row) for row in rows]
    place = str(inputs.get("environment_id") or "")
    excepted = tuple(one for one in found if bindings.excepts(policy, one.subject, place))
    left = tuple(one for one in found if one not in excepted)
    verdict = _VERDICTS[enforcement] if left else Verdict.ALLOW
    return Decision(
        policy.name, policy.digest, point, hashed, verdict, left, excepted, duration_ms=took, parameters=settings
    )


def _hash(content: Value) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _finding(policy: Policy, enforcement: Enforcement, row: Row) -> Finding:
    nodes = zip(texts(row["node_ids"]), texts(row["node_labels"]), texts(row["node_names"]), strict=True)
    violation = Violation(
        policy=policy.name,
        message=str(row["message"]),
        nodes=tuple(PathNode(id, label, name) for id, label, name in nodes),
        edges=texts(row["edges"]),
    )
    return Finding(policy.name, enforcement, str(row["subject"]), violation, str(row["clause"]))


def findings_of(decisions: Iterable[Decision]) -> tuple[Finding, ...]:
    """All that was found and that no exception lets through."""
    return tuple(finding for decision in decisions for finding in decision.findings)


def warned(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """What policies only say, one sentence a policy."""
    said = []
    for decision in decisions:
        if decision.verdict is Verdict.WARN:
            more = len(decision.findings) - 1
            rest = f", and {more} more" if more else ""
            said.append(f"{decision.policy}: {decision.findings[0].violation.message}{rest}")
    return tuple(said)


async def check(reader: Reader, point: Point, /, **parameters: Value) -> tuple[Finding, ...]:
    """Every violation of the policies bound to a transition, on the graph as the reader sees it; nothing is logged."""
    environment = parameters.get("environment_id")
    project = None if environment is None else str(environment).partition("@")[0]
    return findings_of(await decide(reader, point, parameters, project_id=project))


def denied(findings: Iterable[Finding]) -> dict[str, Finding]:
    """The first denial for each subject; everything else denies nothing."""
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.enforcement is Enforcement.DENY:
            first.setdefault(finding.subject, finding)
    return first
