"""Every policy finds exactly what its fixtures say, and shows it as a path."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.domain import policies
from app.domain.policies import Enforcement, Finding, Fixture, Policy, Verdict, decide, denied, findings_of
from app.domain.policies.bindings import Bindings, Bound
from app.errors import Violation
from app.graph import Graph

CASES = [
    pytest.param(policy, fixture, id=f"{policy.name}-{place}-{fixture.setup}")
    for policy in policies.known()
    for place, fixture in enumerate(policy.fixtures)
]


@pytest.mark.parametrize(("policy", "fixture"), CASES)
async def test_a_policy_finds_what_its_fixture_says(policy: Policy, fixture: Fixture, graph: Graph) -> None:
    # given
    text = (policies.DIRECTORY / policy.name / "fixtures" / f"{fixture.setup}.cypher").read_text(encoding="utf-8")
    tenant = f"t-{uuid4()}"
    await graph.define(text.replace("$tenant", f"'{tenant}'"))
    settings = tuple(f"{name}={policy.parameters[name].write(value)}" for name, value in fixture.settings.items())
    bindings = Bindings("2026-01-01T00:00:00Z", {policy.name: (Bound(None, settings),)})
    # when
    [decision] = await decide(graph.reader(tenant), fixture.point, fixture.given, policies=[policy], bindings=bindings)
    # then
    found = findings_of([decision])
    assert decision.error is None
    assert [one.subject for one in found] == fixture.subjects
    assert [one.clause for one in found] == fixture.clauses
    assert (decision.verdict is Verdict.ALLOW) is (fixture.subjects == [])
    for one in found:
        assert one.violation.message
        assert len(one.violation.edges) == len(one.violation.nodes) - 1


@pytest.mark.parametrize("policy", policies.known(), ids=lambda policy: policy.name)
def test_every_clause_of_a_policy_is_shown_by_a_fixture(policy: Policy) -> None:
    # then
    assert {clause for fixture in policy.fixtures for clause in fixture.clauses} == set(policy.clauses)


def test_the_library_is_what_a_platform_team_turns_on_first() -> None:
    # then
    assert {policy.name: policy.enforcement.value for policy in policies.known()} == {
        "blast-radius": "approve",
        "deprecated-versions": "deny",
        "freeze-windows": "deny",
        "no-dependency-cycle": "deny",
        "no-orphans": "warn",
        "no-public-path-to-sensitive-data": "deny",
        "owner-required": "warn",
        "pinned-images": "deny",
        "production-needs-production": "warn",
        "promotion-order": "deny",
        "replicas-in-production": "warn",
        "resource-limits": "warn",
    }


def test_only_denials_deny_and_the_first_counts() -> None:
    # given
    violation = Violation("p", "m")
    findings = [
        Finding("a", Enforcement.WARN, "s1", violation),
        Finding("b", Enforcement.DENY, "s1", violation),
        Finding("c", Enforcement.DENY, "s1", violation),
        Finding("d", Enforcement.DRY_RUN, "s2", violation),
        Finding("e", Enforcement.APPROVE, "s3", violation),
    ]
    # then
    assert {subject: one.policy for subject, one in denied(findings).items()} == {"s1": "b"}
