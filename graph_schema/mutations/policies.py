"""Mutations of how policies apply: settings, exceptions, freezes, deprecation, audit and tests."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from app.domain import declared
from app.domain.access import Action
from app.domain.changes import Change
from app.domain.policies import assigning, auditing, freezing, rehearsing
from app.domain.policies.policy import Enforcement as DomainEnforcement
from app.weights import Weight
from graph_schema.mutations.answers import (
    Asked,
    DeleteInput,
    DeletePayload,
    attempt,
    change_of,
    deleted,
    located,
    mutation,
    node_shown,
)
from graph_schema.policies import Enforcement, Freeze, Point, Policy
from graph_schema.problems import Problem
from graph_schema.services import ServiceVersion

_REFUSED = "Why it was refused; empty where it was done."
_KEY = "Your own key of 1 to 200 characters: a repeat with the same key gives the first answer again."
_HEAVY = Weight(2_000)


@strawberry.input(description="A value of a policy's parameter.")
class PolicyParameterInput:
    """A value of a policy's parameter."""

    name: str = strawberry.field(description="The parameter's name.")
    value: str = strawberry.field(description="Its value as text: `3`, `true`, or texts with commas between.")


@strawberry.input(description="How a policy is to apply. What is not said here is as if it had never been set.")
class SetPolicyInput:
    """How a policy is to apply."""

    policy: strawberry.ID = strawberry.field(description="The policy's name or id.")
    project: strawberry.ID | None = strawberry.field(
        default=None, description="The project it is set for; everybody where it is left out."
    )
    enforcement: Enforcement | None = strawberry.field(
        default=None, description="What a finding does; what everybody's setting or the policy itself says if left out."
    )
    parameters: list[PolicyParameterInput] = strawberry.field(
        default_factory=list, description="The parameters that are set; the others have their defaults."
    )


@strawberry.input(description="What a policy is to let through, and until when.")
class GrantPolicyExceptionInput:
    """What a policy is to let through, and until when."""

    policy: strawberry.ID = strawberry.field(description="The policy's name or id.")
    node: strawberry.ID = strawberry.field(
        description="The id of a service, application, project or environment: findings of it and of its parts pass."
    )
    owner: str = strawberry.field(description="Who answers for it.")
    reason: str = strawberry.field(description="Why it is needed.")
    expires_at: datetime = strawberry.field(description="When it ends, with a time zone.")


@strawberry.input(description="An exception to take back.")
class RevokePolicyExceptionInput:
    """An exception to take back."""

    policy: strawberry.ID = strawberry.field(description="The policy's name or id.")
    node: strawberry.ID = strawberry.field(description="The id of what it let through.")


@strawberry.type(description="A policy that was changed, or why it was not.")
class PolicyPayload:
    """A policy that was changed, or why it was not."""

    policy: Policy | None = strawberry.field(description="The policy as it is now; null where it was refused.")
    problems: list[Problem] = strawberry.field(description=_REFUSED)


@strawberry.input(description="A time during which nothing is deployed.")
class CreateFreezeInput:
    """A time during which nothing is deployed."""

    name: str = strawberry.field(description="Its name, a DNS label, unique in the tenant.")
    reason: str = strawberry.field(description="Why nothing is deployed.")
    starts_at: datetime = strawberry.field(description="When it begins, with a time zone.")
    ends_at: datetime = strawberry.field(description="When it ends, with a time zone.")
    projects: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="The projects that are frozen with all their environments."
    )
    environments: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="The environments that are frozen."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type(description="A freeze that was made, or why it was not.")
class FreezePayload:
    """A freeze that was made, or why it was not."""

    freeze: Freeze | None = strawberry.field(description="The freeze; null where it was refused.")
    problems: list[Problem] = strawberry.field(description=_REFUSED)


@strawberry.input(description="A version that is not to be deployed any more, or is after all.")
class DeprecateServiceVersionInput:
    """A version that is not to be deployed any more, or is after all."""

    id: strawberry.ID = strawberry.field(description="The version's id.")
    deprecated: bool = strawberry.field(default=True, description="False takes it back.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type(description="A version that was changed, or why it was not.")
class DeprecateServiceVersionPayload:
    """A version that was changed, or why it was not."""

    service_version: ServiceVersion | None = strawberry.field(description="The version; null where it was refused.")
    problems: list[Problem] = strawberry.field(description=_REFUSED)


@strawberry.input(description="What to look through.")
class AuditPoliciesInput:
    """What to look through."""

    project: strawberry.ID | None = strawberry.field(default=None, description="Only this project.")
    after: str | None = strawberry.field(
        default=None, description="The `end` of the audit to go on with; from the beginning if left out."
    )


@strawberry.type(description="What an audit found; the violations themselves are in `violations`.")
class AuditPoliciesPayload:
    """What an audit found."""

    places: int | None = strawberry.field(description="How many applications in environments it looked at.")
    opened: int | None = strawberry.field(description="How many violations are new.")
    open: int | None = strawberry.field(description="How many violations there are.")
    resolved: int | None = strawberry.field(description="How many violations are gone since the last audit.")
    end: str | None = strawberry.field(
        description="Where time ended it: give it as `after` to go on. Null where everything was looked at."
    )
    problems: list[Problem] = strawberry.field(description=_REFUSED)


@strawberry.input(description="Which policies to test.")
class TestPoliciesInput:
    """Which policies to test."""

    policies: list[str] = strawberry.field(default_factory=list, description="Their names; all where it is empty.")


@strawberry.type(description="What became of one fixture.")
class PolicyFixtureResult:
    """What became of one fixture."""

    setup: str = strawberry.field(description="The fixture's graph: `fixtures/<setup>.cypher`.")
    point: Point = strawberry.field(description="When it was asked.")
    failure: str | None = strawberry.field(description="What was found instead; null if all is well.")


@strawberry.type(description="What became of a policy's fixtures.")
class PolicyTestResult:
    """What became of a policy's fixtures."""

    policy: str = strawberry.field(description="The policy's name.")
    digest: str = strawberry.field(description="The policy's version.")
    passed: bool = strawberry.field(description="Whether every fixture passed and every clause was exercised.")
    fixtures: list[PolicyFixtureResult] = strawberry.field(description="Its fixtures, in order.")
    clauses: list[str] = strawberry.field(description="The ways in which it can be violated.")
    never: list[str] = strawberry.field(description="The clauses that no fixture has shown.")


@strawberry.type(description="What became of the policies' fixtures.")
class TestPoliciesPayload:
    """What became of the policies' fixtures."""

    results: list[PolicyTestResult] = strawberry.field(description="The policies, by name.")
    problems: list[Problem] = strawberry.field(description=_REFUSED)


async def _policy(info: Asked, work: Awaitable[str]) -> PolicyPayload:
    id, problems = await attempt(work)
    node = await node_shown(info, Policy, id, field="policy")
    return PolicyPayload(policy=node, problems=problems)


async def _deprecated(change: Change, input: DeprecateServiceVersionInput) -> str:
    return await declared.update(
        change,
        "ServiceVersion",
        id=input.id,
        values={"deprecated": input.deprecated},
        idempotency_key=input.idempotency_key,
    )


@strawberry.type
class PolicyMutations:
    """Mutations of how policies apply."""

    @mutation(description="Say how a policy applies to a project or to everybody. Administrators only.")
    async def set_policy(
        self, info: Asked, input: Annotated[SetPolicyInput, strawberry.argument(description="How it is to apply.")]
    ) -> PolicyPayload:
        """Say how a policy applies."""
        wanted = assigning.Assignment(
            policy=input.policy,
            project_id=input.project,
            enforcement=None if input.enforcement is None else DomainEnforcement(input.enforcement.value),
            parameters=[(one.name, one.value) for one in input.parameters],
        )
        return await _policy(info, assigning.assign(change_of(info), wanted))

    @mutation(description="Let a policy's findings of a node through until a time. Administrators only.")
    async def grant_policy_exception(
        self,
        info: Asked,
        input: Annotated[GrantPolicyExceptionInput, strawberry.argument(description="The exception.")],
    ) -> PolicyPayload:
        """Let a policy's findings of a node through until a time."""
        wanted = assigning.ExceptionGrant(input.policy, input.node, input.owner, input.reason, input.expires_at)
        return await _policy(info, assigning.grant(change_of(info), wanted))

    @mutation(description="Take an exception back before it expires. Administrators only.")
    async def revoke_policy_exception(
        self,
        info: Asked,
        input: Annotated[RevokePolicyExceptionInput, strawberry.argument(description="The exception.")],
    ) -> PolicyPayload:
        """Take an exception back."""
        return await _policy(info, assigning.revoke(change_of(info), input.policy, input.node))

    @mutation(description="Let nothing be deployed for a time. Administrators only.")
    async def create_freeze(
        self, info: Asked, input: Annotated[CreateFreezeInput, strawberry.argument(description="The freeze.")]
    ) -> FreezePayload:
        """Let nothing be deployed for a time."""
        wanted = freezing.FreezeSpec(
            name=input.name,
            reason=input.reason,
            starts_at=input.starts_at,
            ends_at=input.ends_at,
            projects=tuple(input.projects),
            environments=tuple(input.environments),
            locate=located({"from": "startsAt", "until": "endsAt"}),
        )
        work = freezing.create_freeze(change_of(info), wanted, idempotency_key=input.idempotency_key)
        id, problems = await attempt(work)
        node = await node_shown(info, Freeze, id, field="freeze")
        return FreezePayload(freeze=node, problems=problems)

    @mutation(description="Delete a freeze, which ends it. Administrators only.")
    async def delete_freeze(
        self, info: Asked, input: Annotated[DeleteInput, strawberry.argument(description="Which freeze.")]
    ) -> DeletePayload:
        """Delete a freeze."""
        work = declared.delete(
            change_of(info),
            "Freeze",
            id=input.id,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            impact_digest=input.impact_digest,
            action=Action.ADMINISTER,
        )
        return await deleted(work)

    @mutation(description="Say that a version is not to be deployed any more, or is after all.")
    async def deprecate_service_version(
        self,
        info: Asked,
        input: Annotated[DeprecateServiceVersionInput, strawberry.argument(description="Which version.")],
    ) -> DeprecateServiceVersionPayload:
        """Say that a version is not to be deployed any more."""
        id, problems = await attempt(_deprecated(change_of(info), input))
        node = await node_shown(info, ServiceVersion, id, field="serviceVersion")
        return DeprecateServiceVersionPayload(service_version=node, problems=problems)

    @mutation(
        description=(
            "Ask the policies about everything that is recorded as running, for at most twenty seconds or one place; "
            "`end` says where to go on. Administrators only."
        ),
        weight=_HEAVY,
    )
    async def audit_policies(
        self,
        info: Asked,
        input: Annotated[AuditPoliciesInput, strawberry.argument(description="What to look through.")],
    ) -> AuditPoliciesPayload:
        """Ask the policies about everything that is recorded as running."""
        done, problems = await attempt(auditing.audit(change_of(info), input.project, after=input.after))
        if done is None:
            return AuditPoliciesPayload(places=None, opened=None, open=None, resolved=None, end=None, problems=problems)
        return AuditPoliciesPayload(
            places=done.places,
            opened=done.opened,
            open=done.open,
            resolved=done.resolved,
            end=done.end,
            problems=problems,
        )

    @mutation(
        description="Run the fixtures of policies, each in a tenant of its own and rolled back. Administrators only.",
        weight=_HEAVY,
    )
    async def test_policies(
        self, info: Asked, input: Annotated[TestPoliciesInput, strawberry.argument(description="Which policies.")]
    ) -> TestPoliciesPayload:
        """Run the fixtures of policies."""
        change = change_of(info)
        done, problems = await attempt(rehearsing.rehearse(change.graph, change.actor, change.ids, input.policies))
        return TestPoliciesPayload(
            results=[
                PolicyTestResult(
                    policy=one.policy,
                    digest=one.digest,
                    passed=one.passed,
                    fixtures=[
                        PolicyFixtureResult(setup=each.setup, point=Point(each.point), failure=each.failure)
                        for each in one.fixtures
                    ],
                    clauses=list(one.clauses),
                    never=list(one.never),
                )
                for one in done or ()
            ],
            problems=problems,
        )
