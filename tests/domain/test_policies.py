"""Every policy finds exactly what its fixtures say, and shows it as a path."""

from __future__ import annotations

import pytest

from app.domain import policies
from app.domain.policies import Enforcement, Finding, Fixture, Point, Policy, denied
from app.errors import Violation
from tests.platform import Platform

CASES = [
    pytest.param(policy, fixture, id=f"{policy.name}-{fixture.setup}")
    for policy in policies.known()
    for fixture in policy.fixtures
]


@pytest.mark.parametrize(("policy", "fixture"), CASES)
async def test_a_policy_finds_what_its_fixture_says(policy: Policy, fixture: Fixture, platform: Platform) -> None:
    # given
    text = (policies.DIRECTORY / policy.name / "fixtures" / f"{fixture.setup}.cypher").read_text(encoding="utf-8")
    await platform.graph.define(text.replace("$tenant", f"'{platform.tenant}'"))
    # when
    findings = await policies.check(
        platform.graph.reader(platform.tenant), policy.points[0], **policies.parameters_of(fixture)
    )
    # then
    mine = [one for one in findings if one.policy == policy.name]
    assert [one.subject for one in mine] == fixture.subjects
    for one in mine:
        assert one.violation.message
        assert len(one.violation.edges) == len(one.violation.nodes) - 1
        assert one.subject in {node.id for node in one.violation.nodes}


@pytest.mark.parametrize("policy", policies.known(), ids=lambda policy: policy.name)
def test_a_policy_has_a_fixture_that_passes_and_one_that_violates(policy: Policy) -> None:
    # then
    assert {bool(fixture.subjects) for fixture in policy.fixtures} == {True, False}
    assert policy.enforcement is Enforcement.DENY


def test_there_are_three_policies() -> None:
    # then
    assert [policy.name for policy in policies.known()] == ["no-dependency-cycle", "pinned-images", "promotion-order"]
    assert [policy.points for policy in policies.known()] == [[Point.DEPENDENCY], [Point.PLAN], [Point.PLAN]]


def test_only_denials_deny_and_the_first_counts() -> None:
    # given
    violation = Violation("p", "m")
    findings = [
        Finding("a", Enforcement.WARN, "s1", violation),
        Finding("b", Enforcement.DENY, "s1", violation),
        Finding("c", Enforcement.DENY, "s1", violation),
        Finding("d", Enforcement.DRY_RUN, "s2", violation),
    ]
    # then
    assert {subject: one.policy for subject, one in denied(findings).items()} == {"s1": "b"}
