"""Who sees which nodes, as a predicate on every hop of a compiled statement."""

from __future__ import annotations

from app.domain.access import Action, roles_that_may
from app.projection.model import NodeType

_READERS = ", ".join(f"'{role}'" for role in sorted(roles_that_may(Action.READ)))


def by_role(_: NodeType, __: str) -> str:
    """The present rule: who may read at all sees every node of the tenant. `$role` is the actor's role."""
    return f"$role IN [{_READERS}]"
