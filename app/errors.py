"""Refusals: what a caller can be told, as data. Everything else is unexpected and is masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PathNode:
    """A node of a violating path, as people name it."""

    id: str
    label: str
    name: str


@dataclass(frozen=True, slots=True)
class Violation:
    """One finding of a policy: the sentence, and the path that shows it.

    `edges` has one entry fewer than `nodes`: the edge type from each node to the next. `decision` is the id under which
    the policy's decision is logged.
    """

    policy: str
    message: str
    nodes: tuple[PathNode, ...] = ()
    edges: tuple[str, ...] = ()
    decision: str | None = None


class Refusal(Exception):
    """An expected refusal. `field` is the input's path (`spec.image`), where one input is to blame."""

    code: ClassVar[str] = "REFUSED"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(Refusal):
    """Something named does not exist, or not for this caller."""

    code = "NOT_FOUND"


class Conflict(Refusal):
    """The change collides with what is there: a name that is taken, a version that moved on."""

    code = "CONFLICT"


class InvalidInput(Refusal):
    """A value is not acceptable; `field` names it."""

    code = "INVALID_INPUT"


class InUse(Refusal):
    """The thing cannot be deleted: `dependents` are the ids of what uses it."""

    code = "IN_USE"

    def __init__(self, message: str, dependents: tuple[str, ...], field: str | None = None) -> None:
        super().__init__(message, field)
        self.dependents = dependents


class ImpactRequired(Refusal):
    """Others depend on what is to be deleted: the impact's digest must be presented. `dependents` are their ids."""

    code = "IMPACT_REQUIRED"

    def __init__(self, message: str, dependents: tuple[str, ...], field: str | None = None) -> None:
        super().__init__(message, field)
        self.dependents = dependents


class StaleImpact(ImpactRequired):
    """The digest that was presented is of another impact than the present one; `dependents` are there now."""

    code = "STALE_IMPACT"


class PolicyDenied(Refusal):
    """A policy forbids it; nothing was changed. `decisions` are what is to be logged of it, for whoever logs them."""

    code = "POLICY_DENIED"
    decisions: object = None

    def __init__(self, message: str, violations: tuple[Violation, ...], field: str | None = None) -> None:
        super().__init__(message, field)
        self.violations = violations


class StalePlan(Refusal):
    """What the plan was computed from has changed; `nodes` are the ids that moved."""

    code = "STALE_PLAN"

    def __init__(self, message: str, nodes: tuple[str, ...], field: str | None = None) -> None:
        super().__init__(message, field)
        self.nodes = nodes


class ApprovalRequired(Refusal):
    """Somebody else has to agree first: `plan` and `digest` name what to, `reasons` say why."""

    code = "APPROVAL_REQUIRED"

    def __init__(
        self, message: str, *, plan: str, digest: str, reasons: tuple[str, ...], field: str | None = None
    ) -> None:
        super().__init__(message, field)
        self.plan = plan
        self.digest = digest
        self.reasons = reasons


class Unauthenticated(Refusal):
    """No valid token came with the request."""

    code = "UNAUTHENTICATED"


class Forbidden(Refusal):
    """The caller is known but may not do this."""

    code = "FORBIDDEN"


class Problems(Refusal):
    """Several refusals of one request, all reported at once."""

    code = "PROBLEMS"

    def __init__(self, problems: tuple[Refusal, ...]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems
