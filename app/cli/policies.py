"""What the server answers about policies, as models."""

from __future__ import annotations

from datetime import datetime

from app.cli.answers import Answer, Page, Problem


class Policy(Answer):
    """A policy; `parameters` are its defaults, `set_…` what was set for everybody."""

    id: str
    name: str
    description: str
    enforcement: str
    set_enforcement: str | None
    set_parameters: list[str]
    points: list[str]
    parameters: list[str]
    owner: str | None
    links: list[str]
    digest: str | None


class PoliciesAnswer(Answer):
    """The answer to the query for policies."""

    policies: Page[Policy]


class Named(Answer):
    """Something, by its id."""

    id: str


class Setting(Answer):
    """How a policy applies to a project."""

    enforcement: str | None
    parameters: list[str]
    node: Named


class Settings(Answer):
    """The first of a policy's settings."""

    edges: list[Setting]


class PolicyException(Answer):
    """What a policy lets through, and until when."""

    owner: str
    reason: str
    expires_at: datetime
    node: Named


class Exceptions(Answer):
    """The first of a policy's exceptions."""

    edges: list[PolicyException]


class PolicyDetail(Policy):
    """A policy with how it was set and what it lets through."""

    projects: Settings
    exceptions: Exceptions


class PolicyAnswer(Answer):
    """The answer to the query for one policy."""

    policy: PolicyDetail | None


class PolicyPayload(Answer):
    """A policy that was changed, or why it was not."""

    policy: PolicyDetail | None
    problems: list[Problem]


class SetPolicyAnswer(Answer):
    """The answer to `setPolicy`."""

    set_policy: PolicyPayload


class GrantExceptionAnswer(Answer):
    """The answer to `grantPolicyException`."""

    grant_policy_exception: PolicyPayload


class RevokeExceptionAnswer(Answer):
    """The answer to `revokePolicyException`."""

    revoke_policy_exception: PolicyPayload


class Deprecation(Answer):
    """A version, and whether it is not to be deployed any more."""

    id: str
    deprecated: bool | None


class DeprecationPayload(Answer):
    """A version that was changed, or why it was not."""

    service_version: Deprecation | None
    problems: list[Problem]


class TemplateDeprecationPayload(Answer):
    """A version of a template that was deprecated, or why it was not."""

    template_version: Deprecation | None
    problems: list[Problem]


class DeprecateTemplateAnswer(Answer):
    """The answer to `deprecateTemplateVersion`."""

    deprecate_template_version: TemplateDeprecationPayload


class DeprecateAnswer(Answer):
    """The answer to `deprecateServiceVersion`."""

    deprecate_service_version: DeprecationPayload


class Audited(Answer):
    """What an audit did; the counts are there where it was not refused."""

    places: int | None
    opened: int | None
    open: int | None
    resolved: int | None
    end: str | None
    problems: list[Problem]


class AuditAnswer(Answer):
    """The answer to an audit."""

    audit_policies: Audited


class FoundViolation(Answer):
    """Something that audits have found."""

    id: str
    policy: str
    clause: str
    subject: str
    place: str
    enforcement: str
    message: str
    found_at: datetime


class ViolationsAnswer(Answer):
    """The answer to the query for violations."""

    violations: Page[FoundViolation]


class FixtureResult(Answer):
    """What became of one fixture."""

    setup: str
    point: str
    failure: str | None


class PolicyTestResult(Answer):
    """What became of a policy's fixtures, and the clauses that none has shown."""

    policy: str
    digest: str
    passed: bool
    fixtures: list[FixtureResult]
    clauses: list[str]
    never: list[str]


class PolicyTests(Answer):
    """What became of the policies' fixtures."""

    results: list[PolicyTestResult]
    problems: list[Problem]


class TestPoliciesAnswer(Answer):
    """The answer to a test of policies."""

    __test__ = False

    test_policies: PolicyTests
