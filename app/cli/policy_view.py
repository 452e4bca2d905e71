"""How a policy is shown."""

from __future__ import annotations

from collections.abc import Iterator

from app.cli.policies import Policy, PolicyDetail
from app.cli.tables import utc_time


def effect(policy: Policy) -> str:
    """What a finding does for everybody."""
    return _lower(policy.set_enforcement or policy.enforcement)


def policy_lines(policy: PolicyDetail) -> Iterator[str]:
    """What a policy asks for, how it was set, and what it lets through."""
    yield f"{policy.name}: {policy.description}"
    yield f"findings: {effect(policy)}, asked at {', '.join(_lower(point) for point in policy.points)}"
    yield f"version {(policy.digest or '')[:12]}, owner {policy.owner or 'nobody'}"
    for line in policy.parameters:
        yield f"parameter {line}"
    for line in policy.set_parameters:
        yield f"set for everybody: {line}"
    for setting in policy.projects.edges:
        said = [*([_lower(setting.enforcement)] if setting.enforcement else []), *setting.parameters]
        yield f"set for {setting.node.id}: {', '.join(said)}"
    for one in policy.exceptions.edges:
        until = utc_time(one.expires_at)
        yield f"lets {one.node.id} through until {until}: {one.reason} (owner {one.owner})"


def _lower(word: str) -> str:
    return word.lower().replace("_", "-")
