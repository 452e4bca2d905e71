"""Cypher patterns: nodes and hops between them, each kept to the tenant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.projection.model import Direction, Hop

Passed = Callable[[Hop], str]
"""Gives the node that a path passes through after a hop, as it stands in the pattern: kept to the tenant and to what
may be seen."""


def hop(step: Hop, node: str, relationship: str = "") -> str:
    """One hop and the node it ends at (`n2:Service {tenant: $tenant}` without the parentheses)."""
    left, right = ("-", "->") if step.direction is Direction.OUT else ("<-", "-")
    return f"{left}[{relationship}:{step.type}]{right}({node})"


def labelled(label: str, variable: str = "") -> str:
    """A node of a label, in the tenant."""
    return f"{variable}:{label} {{tenant: $tenant}}"


def path(start: str, hops: Sequence[Hop], end: str, relationship: str = "", *, passed: Passed) -> str:
    """The pattern from a bound variable over all hops; `relationship` names the last one."""
    return f"({start}){onward(hops, end, relationship, passed=passed)}"


def onward(hops: Sequence[Hop], end: str, relationship: str = "", *, passed: Passed) -> str:
    """The pattern over all hops, without the node they start from."""
    middle = "".join(hop(step, passed(step)) for step in hops[:-1])
    return f"{middle}{hop(hops[-1], end, relationship)}"
