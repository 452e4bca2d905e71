"""Refusals as data: every payload carries a list of problems, empty where all went well."""

from __future__ import annotations

from collections.abc import Iterator

import strawberry

from app import errors


@strawberry.interface(description="Why something was refused; nothing was changed.")
class Problem:
    """Why something was refused."""

    code: str = strawberry.field(description="A stable word for programs, such as NOT_FOUND.")
    message: str = strawberry.field(description="A sentence for people.")
    field: str | None = strawberry.field(
        description="The path of the input to blame, such as manifests[3].spec.image; null where there is none."
    )


@strawberry.type(description="Something named does not exist.")
class NotFound(Problem):
    """Something named does not exist."""


@strawberry.type(description="The change collides with what is there: a name that is taken, a version that moved on.")
class Conflict(Problem):
    """The change collides with what is there."""


@strawberry.type(description="A value is not acceptable.")
class InvalidInput(Problem):
    """A value is not acceptable."""


@strawberry.type(description="The caller may not do this, or is not signed in.")
class NotAllowed(Problem):
    """The caller may not do this, or is not signed in."""


@strawberry.type(description="Something cannot be deleted while others use it.")
class InUse(Problem):
    """Something cannot be deleted while others use it."""

    dependents: list[strawberry.ID] = strawberry.field(description="What uses it, at most a hundred.")


@strawberry.type(description="Others depend on what is to be deleted: the digest of its impact must be presented.")
class ImpactRequired(Problem):
    """Others depend on what is to be deleted."""

    dependents: list[strawberry.ID] = strawberry.field(description="What depends on it, at most a hundred.")


@strawberry.type(description="The digest that was presented is of another impact than the present one.")
class StaleImpact(Problem):
    """The digest that was presented is of another impact than the present one."""

    dependents: list[strawberry.ID] = strawberry.field(description="What depends on it now, at most a hundred.")


@strawberry.type(description="What the plan was computed from has changed since.")
class StalePlan(Problem):
    """What the plan was computed from has changed since."""

    nodes: list[strawberry.ID] = strawberry.field(description="What has changed.")


@strawberry.type(description="Somebody else has to agree to the plan first: `approvePlan`.")
class ApprovalRequired(Problem):
    """Somebody else has to agree to the plan first."""

    plan: strawberry.ID = strawberry.field(description="The id of the plan that needs an approval.")
    digest: str = strawberry.field(description="The plan's digest, which an approval names.")
    reasons: list[str] = strawberry.field(description="Why somebody has to agree.")


@strawberry.type(description="A node of a violating path.")
class PathNode:
    """A node of a violating path."""

    id: strawberry.ID = strawberry.field(description="The node's id.")
    label: str = strawberry.field(description="The node's label in the graph.")
    name: str = strawberry.field(description="The node's name.")


@strawberry.type(description="One finding of a policy, with the path that shows it.")
class PolicyViolation:
    """One finding of a policy."""

    policy: str = strawberry.field(description="The policy's name.")
    message: str = strawberry.field(description="What is wrong, in a sentence.")
    nodes: list[PathNode] = strawberry.field(description="The path's nodes, in order.")
    edges: list[str] = strawberry.field(description="The path's edges: one fewer than nodes, each to the next node.")
    decision: strawberry.ID | None = strawberry.field(
        description="The id under which the decision is logged; null where none was."
    )


@strawberry.type(description="A policy forbids it.")
class PolicyDenied(Problem):
    """A policy forbids it."""

    violations: list[PolicyViolation] = strawberry.field(description="What the policies found.")


PROBLEM_TYPES = (
    NotFound,
    Conflict,
    InvalidInput,
    NotAllowed,
    InUse,
    ImpactRequired,
    StaleImpact,
    StalePlan,
    ApprovalRequired,
    PolicyDenied,
)


def _violation(one: errors.Violation) -> PolicyViolation:
    return PolicyViolation(
        policy=one.policy,
        message=one.message,
        nodes=[PathNode(id=strawberry.ID(node.id), label=node.label, name=node.name) for node in one.nodes],
        edges=list(one.edges),
        decision=None if one.decision is None else strawberry.ID(one.decision),
    )


def _ids(ids: tuple[str, ...]) -> list[strawberry.ID]:
    return [strawberry.ID(id) for id in ids]


def _problems(refusal: errors.Refusal) -> Iterator[Problem]:
    code, message, field = refusal.code, refusal.message, refusal.field
    match refusal:
        case errors.Problems():
            for one in refusal.problems:
                yield from _problems(one)
        case errors.NotFound():
            yield NotFound(code=code, message=message, field=field)
        case errors.Conflict():
            yield Conflict(code=code, message=message, field=field)
        case errors.InUse():
            yield InUse(code=code, message=message, field=field, dependents=_ids(refusal.dependents))
        case errors.StaleImpact():
            yield StaleImpact(code=code, message=message, field=field, dependents=_ids(refusal.dependents))
        case errors.ImpactRequired():
            yield ImpactRequired(code=code, message=message, field=field, dependents=_ids(refusal.dependents))
        case errors.StalePlan():
            yield StalePlan(code=code, message=message, field=field, nodes=_ids(refusal.nodes))
        case errors.ApprovalRequired():
            yield ApprovalRequired(
                code=code,
                message=message,
                field=field,
                plan=strawberry.ID(refusal.plan),
                digest=refusal.digest,
                reasons=list(refusal.reasons),
            )
        case errors.PolicyDenied():
            found = [_violation(one) for one in refusal.violations]
            yield PolicyDenied(code=code, message=message, field=field, violations=found)
        case errors.Unauthenticated() | errors.Forbidden():
            yield NotAllowed(code=code, message=message, field=field)
        case _:
            yield InvalidInput(code=code, message=message, field=field)


def problems_of(refusal: errors.Refusal) -> list[Problem]:
    """The problems that a refusal is made of, at most a hundred."""
    return list(_problems(refusal))[:100]
