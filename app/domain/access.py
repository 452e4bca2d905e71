"""Who acts, and what they may do: the one place that decides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.errors import Forbidden


class Role(StrEnum):
    """What a person is in their team, from the most to the least powerful."""

    SUPER_ADMIN = "super-admin"
    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Action(StrEnum):
    """What someone wants to do."""

    READ = "read"
    CHANGE = "change"
    DEPLOY = "deploy"
    APPROVE = "approve"
    """Agree to what others plan, or say no."""
    INTROSPECT = "introspect"
    """Ask the schema about itself, as playgrounds and code generators do."""
    EXPLORE = "explore"
    """Send documents of one's own where a deployment trusts only those it knows."""
    ADMINISTER = "administer"
    BREAK_GLASS = "break-glass"
    """Deploy although a freeze holds."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who was authenticated: `id` is the user's, unique within `tenant`."""

    id: str
    tenant: str
    name: str
    role: Role


_MAY: dict[Role, frozenset[Action]] = {
    Role.SUPER_ADMIN: frozenset(Action),
    Role.ADMIN: frozenset(Action),
    Role.DEVELOPER: frozenset({Action.READ, Action.CHANGE, Action.DEPLOY, Action.INTROSPECT}),
    Role.VIEWER: frozenset({Action.READ}),
}


def roles_that_may(action: Action) -> frozenset[Role]:
    """The roles whose people may do that within their tenant."""
    return frozenset(role for role, actions in _MAY.items() if action in actions)


def can(actor: Actor, action: Action) -> bool:
    """Whether the actor may do that within their tenant."""
    return action in _MAY[actor.role]


def require(actor: Actor, action: Action) -> None:
    """Return where the actor may do that; raises Forbidden otherwise."""
    if not can(actor, action):
        raise Forbidden(f"{actor.name} ({actor.role}) may not {action}")
