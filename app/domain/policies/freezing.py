"""Freezes: times during which nothing is deployed to a project or an environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain import declared
from app.domain.access import Action
from app.domain.changes import Change, named
from app.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class FreezeSpec:
    """A freeze as it should be: both times have a time zone, and at least one project or environment is named."""

    name: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    projects: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    locate: Callable[[str], str] = named


async def create_freeze(change: Change, spec: FreezeSpec, *, idempotency_key: str | None = None) -> str:
    """Let nothing be deployed for a time, and return the freeze's id.

    Raises InvalidInput (no reason, no end after the beginning, nothing to freeze), NotFound, Conflict, Forbidden.
    """
    if not spec.reason.strip():
        raise InvalidInput("a freeze needs a reason", "reason")
    for field, at in (("from", spec.starts_at), ("until", spec.ends_at)):
        if at.tzinfo is None:
            raise InvalidInput("the time needs a time zone", spec.locate(field))
    if spec.ends_at <= spec.starts_at:
        raise InvalidInput("a freeze ends after it begins", spec.locate("until"))
    if not spec.projects and not spec.environments:
        raise InvalidInput("name a project or an environment to freeze", "environments")
    return await declared.create(
        change,
        "Freeze",
        name=spec.name,
        values={
            "reason": spec.reason.strip(),
            "from": spec.starts_at,
            "until": spec.ends_at,
            "projects": sorted(set(spec.projects)),
            "environments": sorted(set(spec.environments)),
        },
        locate=spec.locate,
        idempotency_key=idempotency_key,
        action=Action.ADMINISTER,
    )
